using Npgsql;
using Partner.Contracts;
using Partner.CredentialVault.Audit;
using Partner.Storage;

namespace Partner.CredentialVault.Tests;

[Trait("security", "48")]
public sealed class AuditTests(VaultFixture fixture)
{
    private VaultApp Vault => fixture.Vault;

    [Fact]
    public async Task EventsAreReadInTheOrderOfTheirAppending()
    {
        var connection = await AppendAsync(5);
        var first = await PageAsync(connection, "?limit=2");
        var rest = await PageAsync(connection, "?after=2&limit=3");

        Assert.Equal([1, 2], first.Entries.Select(e => e.Seq));
        Assert.True(first.More);
        Assert.Equal(["test.event_3", "test.event_4", "test.event_5"], rest.Entries.Select(e => e.Event));
        Assert.False(rest.More);
        Assert.Equal(("auth", "someone"), (rest.Entries[0].Service, rest.Entries[0].Actor));
        Assert.Equal(new Dictionary<string, string> { ["number"] = "3" }, rest.Entries[0].Details);
        Assert.Equal(new AuditVerdict(connection, true, null, null), await VerifyAsync(connection));
        Assert.Equal(
            new AuditVerdict(ConnectionId.Parse(None), true, null, null),
            await VerifyAsync(ConnectionId.Parse(None))
        );
    }

    private const string None = "con_0000000000000000000000000000000f";

    [Fact]
    public async Task ManyAppendersDoNotForkAChain()
    {
        var connection = ConnectionId.New();
        await Task.WhenAll(Enumerable.Range(1, 30).Select(i => AppendAsync(connection, i)));

        Assert.Equal(
            Enumerable.Range(1, 30).Select(i => (long)i),
            (await PageAsync(connection)).Entries.Select(e => e.Seq)
        );
        Assert.True((await VerifyAsync(connection)).Intact);
    }

    [Theory]
    [InlineData("UPDATE audit SET event = 'test.nothing' WHERE connection = $1 AND seq = 2", 2)]
    [InlineData("UPDATE audit SET actor = 'else' WHERE connection = $1 AND seq = 5", 5)]
    [InlineData("UPDATE audit SET at = at + interval '1 microsecond' WHERE connection = $1 AND seq = 1", 1)]
    [InlineData("UPDATE audit SET details = '{}' WHERE connection = $1 AND seq = 4", 4)]
    [InlineData("DELETE FROM audit WHERE connection = $1 AND seq = 1", 1)]
    [InlineData("DELETE FROM audit WHERE connection = $1 AND seq = 3", 3)]
    [InlineData("DELETE FROM audit WHERE connection = $1 AND seq = 5", 5)]
    [InlineData("DELETE FROM audit WHERE connection = $1", 1)]
    [InlineData("DELETE FROM audit_heads WHERE connection = $1", 6)]
    [InlineData("UPDATE audit SET seq = 10 - seq WHERE connection = $1 AND seq > 3", 4)]
    [InlineData("UPDATE audit_heads SET seq = 4 WHERE connection = $1", 6)]
    // The tail cut off, and the head moved back as well as can be done without the key.
    [InlineData(
        "WITH cut AS (DELETE FROM audit WHERE connection = $1 AND seq > 3) UPDATE audit_heads h SET seq = 3, mac = a.mac FROM audit a WHERE a.connection = $1 AND a.seq = 3 AND h.connection = $1",
        4
    )]
    [InlineData(
        "INSERT INTO audit SELECT connection, 6, at, event, service, actor, details, key_owner, mac FROM audit WHERE connection = $1 AND seq = 5",
        6
    )]
    public async Task WhatAnAdministratorChangesShows(string sql, long firstBroken)
    {
        var connection = await AppendAsync(5);
        Assert.True((await VerifyAsync(connection)).Intact);
        await AsAdminAsync(sql, connection.Text);

        var verdict = await VerifyAsync(connection);
        Assert.Equal((false, (long?)firstBroken), (verdict.Intact, verdict.FirstBroken));

        // And goes on to show when the chain is continued.
        await AppendAsync(connection, 6);
        verdict = await VerifyAsync(connection);
        Assert.False(verdict.Intact, verdict.Why);
        Assert.True(verdict.FirstBroken <= firstBroken, $"{verdict.FirstBroken}");
    }

    [Fact]
    public async Task ARecordOfAnotherChainDoesNotFit()
    {
        var (connection, other) = (await AppendAsync(3), await AppendAsync(3));
        await AsAdminAsync("DELETE FROM audit WHERE connection = $1 AND seq = 2", connection.Text);
        await AsAdminAsync(
            $"UPDATE audit SET connection = $1 WHERE connection = '{other}' AND seq = 2",
            connection.Text
        );

        Assert.Equal(2, (await VerifyAsync(connection)).FirstBroken);
    }

    [Theory]
    [InlineData("UPDATE audit SET actor = 'else'")]
    [InlineData("DELETE FROM audit")]
    [InlineData("TRUNCATE audit")]
    [InlineData("DELETE FROM audit_heads")]
    [InlineData("DELETE FROM owners")]
    [InlineData("DROP TABLE audit")]
    [InlineData("ALTER TABLE audit DISABLE TRIGGER ALL")]
    [InlineData("GRANT DELETE ON audit TO vault")]
    public async Task TheServiceItselfCannotChangeWhatIsWritten(string sql)
    {
        var connection = await AppendAsync(1);
        try
        {
            await fixture.Database.ExecuteAsync(sql);
            Assert.StartsWith("GRANT", sql, StringComparison.Ordinal);
        }
        catch (PostgresException refused)
        {
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
        }

        await Assert.ThrowsAsync<PostgresException>(() => fixture.Database.ExecuteAsync("DELETE FROM audit"));
        Assert.True((await VerifyAsync(connection)).Intact);
    }

    [Theory]
    [InlineData("""{"connection":"con_00000000000000000000000000000001","event":"Not A Name","actor":"a"}""")]
    [InlineData("""{"connection":"con_00000000000000000000000000000001","event":"no_dot","actor":"a"}""")]
    [InlineData("""{"connection":"con_00000000000000000000000000000001","event":"a.b\n","actor":"a"}""")]
    [InlineData("""{"connection":"con_00000000000000000000000000000001","event":"audit.tampered","actor":"a"}""")]
    [InlineData("""{"connection":"con_00000000000000000000000000000001","event":"a.b","actor":""}""")]
    [InlineData("""{"connection":"con_00000000000000000000000000000001","event":"a.b","actor":"a\nb"}""")]
    [InlineData("""{"connection":"con_00000000000000000000000000000001","event":"a.b"}""")]
    [InlineData("""{"connection":"con_00000000000000000000000000000001","actor":"a"}""")]
    [InlineData(
        """{"connection":"con_00000000000000000000000000000001","event":"a.b","actor":"a","details":{"k":null}}"""
    )]
    [InlineData("""{"event":"a.b","actor":"a"}""")]
    public async Task AnInvalidEventIsRefused(string body)
    {
        using var json = System.Text.Json.JsonDocument.Parse(body);
        Assert.Equal(400, (int)(await Vault.SendAsync(HttpMethod.Post, "audit", json.RootElement)).Status);
    }

    [Fact]
    public async Task DetailsCannotForgeALine()
    {
        var connection = ConnectionId.New();
        var details = new Dictionary<string, string> { ["text"] = "x\r\n2026 connection.connected\u2028\0" };
        await Vault.SendAsync(HttpMethod.Post, "audit", new AuditEvent(connection, "test.forged", "someone", details));

        var stored = await fixture.Database.ScalarAsync<string>(
            "SELECT details FROM audit WHERE connection = $1",
            connection.Text
        );
        Assert.Equal("""{"text":"x\r\n2026 connection.connected\u2028\u0000"}""", stored);
        Assert.Equal(details, (await PageAsync(connection)).Entries.Single().Details);
        Assert.True((await VerifyAsync(connection)).Intact);
    }

    [Fact]
    public async Task ALimitOutOfRangeIsRefused() =>
        Assert.Equal(
            "400 invalid",
            (await Vault.SendAsync(HttpMethod.Get, $"audit/{ConnectionId.New()}?limit=0")).Short
        );

    [Fact]
    [Trait("security", "44")]
    public async Task AChainIsReadOnlyByATokenForItsConnection()
    {
        var (connection, other) = (ConnectionId.New(), ConnectionId.New());
        foreach (var path in new[] { $"audit/{connection}", $"audit/{connection}/verify" })
        {
            Assert.Equal("200", (await Vault.SendAsync(HttpMethod.Get, path, null, Vault.Auth, connection)).Short);
            Assert.Equal("403", (await Vault.SendAsync(HttpMethod.Get, path, null, Vault.Auth, other)).Short[..3]);
            Assert.Equal("403", (await Vault.SendAsync(HttpMethod.Get, path, null, Vault.Auth)).Short[..3]);
        }
    }

    private async Task<ConnectionId> AppendAsync(int count)
    {
        var connection = ConnectionId.New();
        for (var i = 1; i <= count; i++)
        {
            await AppendAsync(connection, i);
        }

        return connection;
    }

    private async Task AppendAsync(ConnectionId connection, int number)
    {
        var details = new Dictionary<string, string> { ["number"] = $"{number}" };
        var what = new AuditEvent(connection, $"test.event_{number}", "someone", details);
        Assert.Equal("204", (await Vault.SendAsync(HttpMethod.Post, "audit", what)).Short);
    }

    private async Task<AuditPage> PageAsync(ConnectionId connection, string query = "") =>
        (await Vault.SendAsync(HttpMethod.Get, $"audit/{connection}{query}")).Read<AuditPage>();

    private async Task<AuditVerdict> VerifyAsync(ConnectionId connection) =>
        (await Vault.SendAsync(HttpMethod.Get, $"audit/{connection}/verify")).Read<AuditVerdict>();

    private async Task AsAdminAsync(string sql, params object[] values)
    {
        await using var admin = fixture.Database.Server.OpenAdmin(fixture.Database.Name);
        await using var connection = await admin.OpenConnectionAsync();
        await using var path = connection.Command("SET search_path = vault");
        await path.ExecuteNonQueryAsync();
        await using var command = connection.Command(sql, values);
        await command.ExecuteNonQueryAsync();
    }
}
