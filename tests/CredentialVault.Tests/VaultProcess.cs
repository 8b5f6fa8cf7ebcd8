using Partner.Testing;

namespace Partner.CredentialVault.Tests;

/// <summary>The vault as a process of its own, which can be killed.</summary>
internal sealed class VaultProcess(
    IEnumerable<KeyValuePair<string, string?>> settings,
    params IEnumerable<string> arguments
) : IDisposable
{
    private readonly LocalProcess _process = LocalProcess.Start(
        "dotnet",
        [Path.Combine(AppContext.BaseDirectory, "CredentialVault.dll"), .. arguments],
        new Dictionary<string, string?> { ["DOTNET_ENVIRONMENT"] = "Development", ["AllowUnsafeDatabase"] = "true" }
            .Concat(settings)
            .Append(new("urls", "http://127.0.0.1:0"))
            .GroupBy(s => s.Key)
            .Select(same => same.Last())
    );

    public string Output => _process.Output;

    public Task<int> ExitAsync() => _process.ExitAsync();

    public void Kill() => _process.Kill();

    public void Dispose() => _process.Dispose();
}
