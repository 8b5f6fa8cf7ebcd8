using Partner.CredentialVault.Tests;
using Partner.Testing;

[assembly: AssemblyFixture(typeof(VaultFixture))]

namespace Partner.CredentialVault.Tests;

/// <summary>One database and one vault, for the classes that break neither.</summary>
public sealed class VaultFixture : IAsyncLifetime
{
    internal TestDatabase Database { get; private set; } = null!;

    internal VaultApp Vault { get; private set; } = null!;

    internal Dictionary<string, string?> Ring { get; } = VaultApp.Ring(1, (1, VaultApp.NewKey()));

    public async ValueTask InitializeAsync()
    {
        Database = await TestDatabase.CreateAsync(VaultApp.Scripts, "vault");
        Vault = await VaultApp.StartAsync(Database.ConnectionString, Ring);
    }

    public async ValueTask DisposeAsync()
    {
        await Vault.DisposeAsync();
        await Database.DisposeAsync();
    }
}
