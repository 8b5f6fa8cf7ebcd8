#!/bin/sh
# Packs System.IO.Hashing, which YARP 2.1 depends on and a restricted feed lacks, from the copy inside the .NET SDK into
# the folder feed artifacts/feed. Nothing but the SDK is needed. Run again, it does nothing.
set -eu

root=$(CDPATH= cd -- "$(dirname -- "$0")/../.." && pwd)
feed="$root/artifacts/feed"
package="$feed/System.IO.Hashing.8.0.0.nupkg"
[ -f "$package" ] && exit 0

cd "$root"
version=$(dotnet --version)
sdk=$(dotnet --list-sdks | sed -n "s|^$version \[\(.*\)\]\$|\1/$version|p")
# The SDK's own copy is for today's .NET; those further down may be for the .NET Framework.
library="$sdk/System.IO.Hashing.dll"
[ -f "$library" ] || { echo "pack-hashing: there is no $library" >&2; exit 1; }

# Outside the repository's build properties: empty files of these names end the search for them.
work="$root/artifacts/pack-hashing"
mkdir -p "$work" "$feed"
for file in Directory.Build.props Directory.Build.targets Directory.Packages.props; do
    echo '<Project />' > "$work/$file"
done
cat > "$work/System.IO.Hashing.csproj" <<PROJECT
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>net10.0</TargetFramework>
    <Version>8.0.0</Version>
    <Authors>Microsoft</Authors>
    <Description>The SDK's own System.IO.Hashing, for a feed that lacks it.</Description>
    <IncludeBuildOutput>false</IncludeBuildOutput>
    <NoWarn>NU5128</NoWarn>
    <SuppressDependenciesWhenPacking>true</SuppressDependenciesWhenPacking>
  </PropertyGroup>
  <ItemGroup>
    <None Include="$library" Pack="true" PackagePath="lib/net8.0" />
  </ItemGroup>
</Project>
PROJECT
dotnet pack "$work/System.IO.Hashing.csproj" -o "$feed" -v q -nologo >&2
