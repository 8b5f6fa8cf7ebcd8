using Partner.Contracts;
using Partner.CredentialVault.Audit;
using Partner.Storage;
using Partner.Testing;

namespace Partner.CredentialVault.Tests;

/// <summary><c>verify-audit</c> as an operator runs it: a process of its own, with the service's configuration.</summary>
[Trait("security", "48")]
public sealed class VerifyAuditTests : IAsyncLifetime
{
    private const int Records = 4;

    private readonly Dictionary<string, string?> _ring = VaultApp.Ring(1, (1, VaultApp.NewKey()));
    private TestDatabase _database = null!;

    /// <summary>What is done to one chain, and how its line ends.</summary>
    private static readonly (string Sql, string Line)[] Tampering =
    [
        (
            "UPDATE audit SET event = 'test.nothing' WHERE connection = $1 AND seq = 2",
            "record 2: the record is not what was appended"
        ),
        ("DELETE FROM audit WHERE connection = $1 AND seq = 3", "record 3: a record is missing"),
        (
            """
            UPDATE audit a SET event = b.event, actor = b.actor, details = b.details, at = b.at, mac = b.mac
            FROM audit b WHERE a.connection = $1 AND b.connection = $1 AND a.seq + b.seq = 5 AND a.seq IN (2, 3)
            """,
            "record 2: the record is not what was appended"
        ),
        ("DELETE FROM audit WHERE connection = $1 AND seq > 2", "record 3: the chain does not end here by its head"),
        (
            """
            WITH cut AS (DELETE FROM audit WHERE connection = $1 AND seq > 2)
            UPDATE audit_heads h SET seq = 2, mac = a.mac FROM audit a WHERE a.connection = $1 AND a.seq = 2 AND h.connection = $1
            """,
            "record 3: the chain does not end here by its head"
        ),
        (
            "UPDATE audit_heads SET head_mac = sha256(head_mac) WHERE connection = $1",
            "record 5: the chain does not end here by its head"
        ),
        ("DELETE FROM audit_heads WHERE connection = $1", "record 5: the chain does not end here by its head"),
        (
            "WITH gone AS (DELETE FROM audit WHERE connection = $1) DELETE FROM audit_heads WHERE connection = $1",
            "record 1: the chain is missing"
        ),
        (
            """
            INSERT INTO audit SELECT connection, 5, at, event, service, actor, details, key_owner, mac
            FROM audit WHERE connection = $1 AND seq = 4
            """,
            "record 5: the record is not what was appended"
        ),
    ];

    public async ValueTask InitializeAsync() => _database = await TestDatabase.CreateAsync(VaultApp.Scripts, "vault");

    [Fact]
    public async Task TheFirstBadRecordOfEachBrokenChainIsNamed()
    {
        var chains = await FillAsync();
        var (code, output) = await VerifyAsync();
        Assert.Equal((VerifyAudit.Intact, $"{chains.Length} chains, 0 broken"), (code, output[^1]));

        await using var admin = _database.Server.OpenAdmin(_database.Name);
        for (var i = 0; i < Tampering.Length; i++)
        {
            await using var connection = await admin.OpenConnectionAsync();
            await using var path = connection.Command("SET search_path = vault");
            await path.ExecuteNonQueryAsync();
            await using var tamper = connection.Command(Tampering[i].Sql, chains[i].Text);
            Assert.True(await tamper.ExecuteNonQueryAsync() > 0, Tampering[i].Sql);
        }

        (code, output) = await VerifyAsync();
        Assert.Equal(VerifyAudit.Broken, code);
        Assert.Equal(
            Tampering
                .Select((tampering, i) => $"{chains[i]} {tampering.Line}")
                .Order()
                .Append($"{chains.Length} chains, {Tampering.Length} broken"),
            output
        );

        (code, output) = await VerifyAsync(chains[^1].Text);
        Assert.Equal((VerifyAudit.Intact, "1 chains, 0 broken"), (code, output.Single()));
        (code, output) = await VerifyAsync(chains[0].Text);
        Assert.Equal((VerifyAudit.Broken, $"{chains[0]} {Tampering[0].Line}"), (code, output[0]));
    }

    [Fact]
    public async Task WithoutTheKeyOrTheDatabaseNothingIsCalledIntact()
    {
        await FillAsync();
        var (code, output) = await VerifyAsync(
            "",
            VaultApp.Ring(1, (1, VaultApp.NewKey())),
            _database.ConnectionString
        );
        Assert.Equal(
            (VerifyAudit.NotVerified, true),
            (code, output[^1].StartsWith("Not verified", StringComparison.Ordinal))
        );
        (code, _) = await VerifyAsync("", _ring, "Host=127.0.0.1;Port=1;Username=vault;Password=test;Database=none");
        Assert.Equal(VerifyAudit.NotVerified, code);
        (code, _) = await VerifyAsync("con_typo");
        Assert.Equal(VerifyAudit.NotVerified, code);
        (code, output) = await VerifyAsync("", [], _database.ConnectionString);
        Assert.Equal(2, code);
        Assert.Contains(output, line => line.StartsWith("KeyRing: there is no key", StringComparison.Ordinal));
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    /// <summary>A chain for each way of tampering, and one that stays whole; each connection has an owner.</summary>
    private async Task<ConnectionId[]> FillAsync()
    {
        await using var vault = await VaultApp.StartAsync(_database.ConnectionString, _ring);
        var chains = new ConnectionId[Tampering.Length + 1];
        for (var i = 0; i < chains.Length; i++)
        {
            chains[i] = ConnectionId.New();
            await vault.ReserveConnectionAsync(chains[i]);
            for (var record = 1; record < Records; record++)
            {
                var what = new AuditEvent(chains[i], $"test.event_{record}", "someone");
                Assert.Equal("204", (await vault.SendAsync(HttpMethod.Post, "audit", what)).Short);
            }
        }

        return chains;
    }

    private Task<(int Code, string[] Output)> VerifyAsync(string chain = "") =>
        VerifyAsync(chain, _ring, _database.ConnectionString);

    private static async Task<(int Code, string[] Output)> VerifyAsync(
        string chain,
        Dictionary<string, string?> ring,
        string connectionString
    )
    {
        using var self = new ServiceIdentity("vault");
        using var vault = new VaultProcess(
            [.. self.AsSelf(), .. ring, new("ConnectionStrings:database", connectionString)],
            chain.Length == 0 ? [VerifyAudit.Command] : [VerifyAudit.Command, chain]
        );
        var code = await vault.ExitAsync();
        return (code, [.. vault.Output.Split('\n').Where(line => line.Length > 0)]);
    }
}
