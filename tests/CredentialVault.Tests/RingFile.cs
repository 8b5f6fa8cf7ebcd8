using System.Text.Json;
using Partner.CredentialVault.Keys;

namespace Partner.CredentialVault.Tests;

/// <summary>A key ring in a file.</summary>
internal sealed class RingFile : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"ring-{Guid.CreateVersion7():N}.json");

    public RingFile(int current, int[] retired, params (int Version, string Key)[] keys) =>
        Write(current, retired, keys);

    public Dictionary<string, string?> Settings => new() { ["KeyRing:Path"] = _path };

    public void Write(int current, int[] retired, params (int Version, string Key)[] keys) =>
        Write(
            JsonSerializer.Serialize(
                new KeyRingOptions
                {
                    Current = current,
                    Keys = keys.ToDictionary(k => $"{k.Version}", k => k.Key),
                    Retired = retired,
                }
            )
        );

    /// <summary>In one step, as Kubernetes exchanges a mounted secret.</summary>
    public void Write(string text)
    {
        File.WriteAllText(_path + ".new", text);
        File.Move(_path + ".new", _path, overwrite: true);
    }

    public void Delete() => File.Delete(_path);

    public void Dispose() => Delete();
}
