#!/usr/bin/env bash
# Makes a base image of this machine's ASP.NET Core runtime, for where Microsoft's registry is out of reach: an OCI layout
# in the folder that is named. It has what the chiselled images have: the runtime, the libraries that it loads, the
# authorities of TLS and a user; no shell and no package manager.
# Usage: SOURCE_DATE_EPOCH=<seconds> eng/base-image.sh FOLDER
set -euo pipefail
readonly layout=$1 epoch=${SOURCE_DATE_EPOCH:?the time of every file}
readonly packages=(base-files ca-certificates libc6 libgcc-s1 libssl3 libstdc++6)
for program in apt-get dpkg-deb jq; do
    command -v "$program" >/dev/null || { echo "A base image is made on Debian and Ubuntu: $program is missing." >&2; exit 1; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root" "$layout/blobs/sha256"

# The packages alone: what they depend on beyond this list configures a machine that can be changed.
(cd "$work" && apt-get -q download "${packages[@]}" >apt.log 2>&1) || { cat "$work/apt.log" >&2; exit 1; }
for package in "$work"/*.deb; do
    dpkg-deb -x "$package" "$root"
done
cat "$root"/usr/share/ca-certificates/mozilla/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
(cd "$root" && rm -rf usr/share/{ca-certificates,bug,gcc,gdb,lintian,man} usr/sbin/update-ca-certificates boot media mnt opt srv)
find "$root/usr/share/doc" -type f ! -name copyright -delete
find "$root/usr/share/doc" -type d -empty -delete
# As other images without a package manager say what is in them; scanners read it.
mkdir -p "$root/var/lib/dpkg/status.d"
for package in "$work"/*.deb; do
    dpkg-deb -f "$package" >"$root/var/lib/dpkg/status.d/$(dpkg-deb -f "$package" Package)"
done
printf 'root:x:0:0:root:/root:/sbin/nologin\napp:x:1654:1654::/home/app:/sbin/nologin\n' >"$root/etc/passwd"
printf 'root:x:0:\napp:x:1654:\n' >"$root/etc/group"
mkdir -p "$root/home/app" "$root/tmp"
chmod 1777 "$root/tmp"

# The newest runtime of this machine that a project for net10.0 runs on.
dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
version=$(dotnet --list-runtimes | awk '$1 == "Microsoft.AspNetCore.App" && $2 ~ /^10\./ { print $2 }' | sort -V | tail -n 1)
[ -n "$version" ] || { echo "There is no ASP.NET Core 10 runtime on this machine." >&2; exit 1; }
target=$root/usr/share/dotnet
mkdir -p "$target/host/fxr" "$target/shared/Microsoft.NETCore.App" "$target/shared/Microsoft.AspNetCore.App" "$root/usr/bin"
cp -a "$dotnet/dotnet" "$target/"
cp -a "$dotnet/host/fxr/$version" "$target/host/fxr/"
cp -a "$dotnet/shared/Microsoft.NETCore.App/$version" "$target/shared/Microsoft.NETCore.App/"
cp -a "$dotnet/shared/Microsoft.AspNetCore.App/$version" "$target/shared/Microsoft.AspNetCore.App/"
cp -a "$dotnet/LICENSE.txt" "$dotnet/ThirdPartyNotices.txt" "$target/"
ln -s ../share/dotnet/dotnet "$root/usr/bin/dotnet"

# Into the layout: one layer, its configuration, its manifest.
store() {
    local digest
    digest=$(sha256sum "$1" | cut -d' ' -f1)
    chmod 644 "$1"
    mv "$1" "$layout/blobs/sha256/$digest"
    echo "$digest"
}
size() { stat -c %s "$layout/blobs/sha256/$1"; }
tar --sort=name --mtime="@$epoch" --owner=0 --group=0 --numeric-owner --format=gnu -C "$root" -cf "$work/layer" .
plain=$(sha256sum "$work/layer" | cut -d' ' -f1)
gzip -n "$work/layer"
layer=$(store "$work/layer.gz")
case $(dpkg --print-architecture) in arm64) architecture=arm64 ;; *) architecture=amd64 ;; esac
jq -n --arg diff "sha256:$plain" --arg version "$version" --arg architecture "$architecture" --argjson epoch "$epoch" '{
    created: ($epoch | todate), architecture: $architecture, os: "linux",
    config: {
        User: "1654",
        Env: [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "APP_UID=1654", "ASPNETCORE_HTTP_PORTS=8080",
            "DOTNET_RUNNING_IN_CONTAINER=true", "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=true",
            "DOTNET_VERSION=\($version)", "ASPNET_VERSION=\($version)"
        ]
    },
    rootfs: {type: "layers", diff_ids: [$diff]},
    history: [{created: ($epoch | todate), created_by: "eng/base-image.sh"}]
}' >"$work/config"
config=$(store "$work/config")
jq -n --arg config "$config" --argjson configSize "$(size "$config")" --arg layer "$layer" --argjson layerSize "$(size "$layer")" '{
    schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: {mediaType: "application/vnd.oci.image.config.v1+json", digest: "sha256:\($config)", size: $configSize},
    layers: [{mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", digest: "sha256:\($layer)", size: $layerSize}]
}' >"$work/manifest"
manifest=$(store "$work/manifest")
jq -n --arg digest "$manifest" --argjson size "$(size "$manifest")" '{
    schemaVersion: 2, manifests: [{
        mediaType: "application/vnd.oci.image.manifest.v1+json", digest: "sha256:\($digest)", size: $size,
        annotations: {"org.opencontainers.image.ref.name": "base"}
    }]
}' >"$layout/index.json"
echo '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"
