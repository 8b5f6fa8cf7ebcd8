using Partner.Contracts;
using Partner.CredentialVault.Audit;
using Partner.Testing;

namespace Partner.CredentialVault.Tests;

/// <summary>The chain of what concerns no connection, kept and verified as every other.</summary>
[Trait("security", "48")]
public sealed class PartnerChainTests : IAsyncLifetime
{
    private TestDatabase _database = null!;
    private VaultApp _vault = null!;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync(VaultApp.Scripts, "vault");
        _vault = await VaultApp.StartAsync(_database.ConnectionString, VaultApp.Ring(1, (1, VaultApp.NewKey())));
        foreach (var name in new[] { "webhook.created", "credential.created", "credential.revoked" })
        {
            var what = new AuditEvent(AuditChainId.Partner, name, "partner:test");
            Assert.Equal("204", (await _vault.SendAsync(HttpMethod.Post, "audit", what)).Short);
        }
    }

    [Fact]
    public async Task VerifyAuditWalksItAndNamesARecordThatWasChanged()
    {
        Assert.Equal((VerifyAudit.Intact, "1 chains, 0 broken"), await VerifyAsync());

        await using (var admin = _database.Server.OpenAdmin(_database.Name))
        {
            await using var command = admin.CreateCommand(
                "UPDATE vault.audit SET actor = 'partner:else' WHERE seq = 2"
            );
            Assert.Equal(1, await command.ExecuteNonQueryAsync());
        }

        Assert.Equal(
            (
                VerifyAudit.Broken,
                $"{AuditChainId.Partner} record 2: the record is not what was appended | 1 chains, 1 broken"
            ),
            await VerifyAsync()
        );
    }

    [Fact]
    public async Task OnlyATokenForItAppendsToIt()
    {
        var what = new AuditEvent(AuditChainId.Partner, "webhook.created", "partner:test");
        var other = await _vault.SendAsync(HttpMethod.Post, "audit", what, _vault.Auth, ConnectionId.New());
        var sender = await _vault.SendAsync(HttpMethod.Post, "audit", what, _vault.Sender, AuditChainId.Partner);

        Assert.Equal((403, 403), ((int)other.Status, (int)sender.Status));
        Assert.Equal(3, await _database.ScalarAsync<long>("SELECT count(*) FROM audit"));
    }

    public async ValueTask DisposeAsync()
    {
        await _vault.DisposeAsync();
        await _database.DisposeAsync();
    }

    private async Task<(int Code, string Output)> VerifyAsync()
    {
        using var output = new StringWriter { NewLine = "\n" };
        var code = await VerifyAudit.RunAsync(_vault.Services, [], output);
        return (code, string.Join(" | ", output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)));
    }
}
