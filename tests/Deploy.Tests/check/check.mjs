// Compiles each object of a JSON file as a literal of its Kubernetes type, and validates it by the type's schema: the
// compiler finds fields that do not exist, the schema finds values that a type does not tell, such as patterns and enums.
// node check.mjs OBJECTS.json FOLDER-TO-WORK-IN; a line for each mistake, exit code 1 when there is one.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

const packages = {
  "gateway.networking.k8s.io": "@kubernetes-models/gateway-api",
  "external-secrets.io": "@kubernetes-models/external-secrets",
  "cilium.io": "@kubernetes-models/cilium",
};

const [file, folder] = process.argv.slice(2);
const objects = JSON.parse(readFileSync(file, "utf8"));
const mistakes = [];

const moduleOf = ({ apiVersion }) => {
  const group = apiVersion.includes("/") ? apiVersion.split("/")[0] : "";
  return `${packages[group] ?? "kubernetes-models"}/${apiVersion}`;
};
const nameOf = (object) => `${object.kind} ${object.metadata?.name}`;

const lines = [];
const starts = [];
objects.forEach((object, index) => {
  starts.push(lines.length);
  lines.push(
    `import type { I${object.kind} as T${index} } from "${moduleOf(object)}";`,
    ...`export const o${index}: T${index} = ${JSON.stringify(object, null, 1)};`.split("\n"),
  );
});
const source = join(folder, "objects.ts");
writeFileSync(source, lines.join("\n"));
const program = ts.createProgram([source], {
  noEmit: true,
  strict: true,
  skipLibCheck: true,
  types: [],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
});
for (const problem of ts.getPreEmitDiagnostics(program)) {
  const line = problem.file?.getLineAndCharacterOfPosition(problem.start).line ?? 0;
  const index = starts.findLastIndex((start) => start <= line);
  mistakes.push(`${nameOf(objects[index])}: ${ts.flattenDiagnosticMessageText(problem.messageText, " ")}`);
}

for (const object of objects) {
  try {
    const model = (await import(moduleOf(object)))[object.kind];
    new model(object).validate();
  } catch (problem) {
    mistakes.push(`${nameOf(object)}: ${problem.message}`);
  }
}

mistakes.forEach((mistake) => console.log(mistake.replaceAll("\n", " ")));
process.exit(mistakes.length > 0 ? 1 : 0);
