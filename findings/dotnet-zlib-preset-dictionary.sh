#!/usr/bin/env bash
# System.IO.Compression of .NET 10.0 (the script prints which), zlib of Python 3 as the writer.
# Expected: a zlib stream that was made with a preset dictionary (RFC 1950 2.2, FDICT), which .NET has no way to be given,
# ends as every other stream that ZLibStream cannot read, with InvalidDataException. Seen: ZLibException, an IOException
# that the reference assemblies do not have, so that no code can name it: `catch (InvalidDataException)` misses it, and a
# server's `catch (IOException)` takes the client for gone. The two bytes of such a header can be two characters of plain
# text that was sent as "deflate" by mistake.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 - <<'EOF'
import zlib
c = zlib.compressobj(zdict=b"hello")
open("dictionary.z", "wb").write(c.compress(b"hello hello") + c.flush())
d = zlib.decompressobj(zdict=b"hello")
assert d.decompress(open("dictionary.z", "rb").read()) == b"hello hello"
whole = zlib.compress(b"hello")
open("damaged.z", "wb").write(whole[:2] + b"\xff" + whole[3:])
EOF
cat >z.csproj <<'EOF'
<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings></PropertyGroup></Project>
EOF
cat >Program.cs <<'EOF'
using System.IO.Compression;
Console.WriteLine($".NET {Environment.Version}");
foreach (var name in new[] { "dictionary", "damaged" })
{
    try
    {
        using var stream = new ZLibStream(File.OpenRead($"{name}.z"), CompressionMode.Decompress);
        stream.CopyTo(Stream.Null);
        Console.WriteLine($"RESULT {name}: read");
    }
    catch (Exception e)
    {
        Console.WriteLine($"RESULT {name}: {e.GetType().Name}, IOException: {e is IOException}, InvalidDataException: {e is InvalidDataException}");
    }
}
EOF
dotnet run 2>&1 | tee out.log
grep -qx 'RESULT dictionary: ZLibException, IOException: True, InvalidDataException: False' out.log
cat >Names.cs <<'EOF'
_ = typeof(System.IO.Compression.ZLibException);
EOF
rm Program.cs
if dotnet build 2>&1 | tee build.log | grep -q "Build succeeded"; then exit 1; fi
grep -qm1 "ZLibException' does not exist in the namespace" build.log
grep -qx 'RESULT damaged: InvalidDataException, IOException: False, InvalidDataException: True' out.log
