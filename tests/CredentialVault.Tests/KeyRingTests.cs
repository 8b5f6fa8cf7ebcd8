using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Partner.Contracts;
using Partner.CredentialVault.Keys;
using Partner.Testing;

namespace Partner.CredentialVault.Tests;

public sealed class KeyRingTests(VaultFixture fixture)
{
    private static readonly string Key1 = VaultApp.NewKey();
    private static readonly string Key2 = VaultApp.NewKey();

    [Theory]
    [Trait("security", "34")]
    [InlineData(null, null, "KeyRing: there is no key. Set KeyRing__Current=1")]
    [InlineData("KeyRing:Keys:1", "c2VjcmV0LWJ1dC1zaG9ydA==", "KeyRing: key 1 is not 256 bits")]
    [InlineData("KeyRing:Path", "/nowhere/ring.json", "KeyRing: the file that KeyRing__Path names cannot be read")]
    public async Task WithoutAGoodKeyRingTheVaultDoesNotStart(string? name, string? value, string message)
    {
        using var self = new ServiceIdentity("vault");
        Dictionary<string, string?> ring = name is null ? [] : new() { [name] = value, ["KeyRing:Current"] = "1" };
        using var vault = new VaultProcess([
            .. self.AsSelf(),
            .. ring,
            new("ConnectionStrings:database", fixture.Database.ConnectionString),
        ]);

        Assert.Equal(2, await vault.ExitAsync());
        Assert.Contains(message, vault.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Now listening", vault.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("c2VjcmV0", vault.Output, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("security", "34")]
    public async Task WithAnotherDatabasesKeyTheVaultDoesNotStart()
    {
        await using var database = await TestDatabase.CreateAsync(VaultApp.Scripts, "vault");
        await using (var right = await VaultApp.StartAsync(database.ConnectionString, VaultApp.Ring(1, (1, Key1))))
        {
            await right.ConnectAsync("org-of-a-ring", "key-1", "value");
        }

        using var self = new ServiceIdentity("vault");
        using var wrong = new VaultProcess([
            .. self.AsSelf(),
            new("KeyRing:Current", "1"),
            new("KeyRing:Keys:1", Key2),
            new("ConnectionStrings:database", database.ConnectionString),
        ]);

        Assert.Equal(2, await wrong.ExitAsync());
        Assert.Contains("KeyRing: key 1 is not the key 1 of this database", wrong.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Now listening", wrong.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(Key2, wrong.Output, StringComparison.Ordinal);
        await using var again = await VaultApp.StartAsync(database.ConnectionString, VaultApp.Ring(1, (1, Key1)));
    }

    [Fact]
    [Trait("fault", "F20")]
    public async Task OnADatabaseThatMayLoseCommitsTheVaultDoesNotStart()
    {
        using var self = new ServiceIdentity("vault");
        using var vault = new VaultProcess([
            .. self.AsSelf(),
            new("KeyRing:Current", "1"),
            new("KeyRing:Keys:1", Key1),
            new("AllowUnsafeDatabase", "false"),
            new("ConnectionStrings:database", fixture.Database.ConnectionString),
        ]);

        Assert.NotEqual(0, await vault.ExitAsync());
        Assert.Contains(
            "Postgres runs with fsync, full_page_writes, synchronous_commit off",
            vault.Output,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("Now listening", vault.Output, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("security", "36")]
    public async Task ARetiredKeyOpensNothingAndRaisesAnAlert()
    {
        await using var database = await TestDatabase.CreateAsync(VaultApp.Scripts, "vault");
        OwnerId owner;
        await using (var before = await VaultApp.StartAsync(database.ConnectionString, VaultApp.Ring(1, (1, Key1))))
        {
            (_, owner) = await before.ConnectAsync("org-retired", "key-1", "value-under-retired");
        }

        var refused = 0L;
        using var listener = Listen("partner.vault.refused_keys", count => refused += count);
        var ring = VaultApp.Ring(2, (1, Key1), (2, Key2));
        await using var vault = await VaultApp.StartAsync(
            database.ConnectionString,
            ring.Append(new("KeyRing:Retired:0", "1")).ToDictionary()
        );
        var answer = await vault.GetAsync(owner, "api-key");

        Assert.Equal(("503 key-unavailable", "5"), (answer.Short, answer.RetryAfter));
        Assert.True(refused > 0);
        Assert.Contains(
            $"Error The refusal of {owner}'s key version 1 is not in the audit",
            vault.Logs,
            StringComparison.Ordinal
        );
        Assert.Contains("Error Refused to use key version 1: it is retired", vault.Logs, StringComparison.Ordinal);
        var report = (await vault.SendAsync(HttpMethod.Get, "key-ring")).Read<KeyRingReport>();
        Assert.Equal(2, report.Current);
        Assert.Equal([new(1, "missing", 2), new(2, "current", 0)], report.Versions);
        var sealing = (await vault.SendAsync(HttpMethod.Get, "sealing-keys")).Read<SealingKeys>();
        Assert.Equal([2], sealing.Keys.Select(k => k.Version));
    }

    /// <summary>A row of an old backup, put back after its key was retired: who asks for it is in the audit.</summary>
    [Fact]
    [Trait("security", "36")]
    [Trait("security", "48")]
    public async Task TheUseOfARetiredKeyIsAudited()
    {
        using var file = new RingFile(1, [], (1, Key1));
        await using var database = await TestDatabase.CreateAsync(VaultApp.Scripts, "vault");
        await using var vault = await VaultApp.StartAsync(database.ConnectionString, file.Settings);
        var (connection, owner) = await vault.ConnectAsync("org-backup", "key-1", "value-backup");
        var backup = await database.ScalarAsync<byte[]>("SELECT wrapped_key FROM owners WHERE id = $1", owner.Text);
        file.Write(2, [], (1, Key1), (2, Key2));
        await vault.RotateAsync();
        file.Write(2, [1], (1, Key1), (2, Key2));
        await vault.RotateAsync();
        await database.ExecuteAsync(
            "UPDATE owners SET wrapped_key = $2, key_version = 1 WHERE id = $1",
            owner.Text,
            backup
        );

        Assert.Equal("503 key-unavailable", (await vault.ReleaseAsync(connection)).Short);
        Assert.Equal("503 key-unavailable", (await vault.ReleaseAsync(connection)).Short);

        var page = (await vault.SendAsync(HttpMethod.Get, $"audit/{connection}")).Read<AuditPage>();
        var refused = Assert.Single(page.Entries, entry => entry.Event == "key.refused");
        Assert.Equal("logs", refused.Service);
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["owner"] = owner.Text,
                ["version"] = "1",
                ["why"] = "retired",
            },
            refused.Details
        );
        Assert.DoesNotContain("value-backup", vault.Logs, StringComparison.Ordinal);
        var own = (await vault.SendAsync(HttpMethod.Get, $"audit/{AuditChainId.Vault}")).Read<AuditPage>();
        Assert.Equal(
            ["key_ring.changed", "key_ring.rotated", "key_ring.changed"],
            own.Entries.Select(entry => entry.Event)
        );
    }

    [Fact]
    [Trait("security", "36")]
    public async Task AKeyRetiredWhileItsDataKeyIsCachedOpensNothing()
    {
        using var file = new RingFile(1, [], (1, Key1));
        await using var database = await TestDatabase.CreateAsync(VaultApp.Scripts, "vault");
        await using var vault = await VaultApp.StartAsync(database.ConnectionString, file.Settings);
        var (_, owner) = await vault.ConnectAsync("org-cached", "key-1", "value-cached");
        Assert.Equal("200", (await vault.GetAsync(owner, "api-key")).Short);

        file.Write(2, [1], (2, Key2));
        vault.Services.GetRequiredService<LocalKeyEncryption>().Reload();

        Assert.Equal("503 key-unavailable", (await vault.GetAsync(owner, "api-key")).Short);
    }

    [Fact]
    [Trait("security", "35")]
    public async Task AChangedFileIsTakenOverAndABadOneIsNot()
    {
        using var file = new RingFile(1, [], (1, Key1));
        await using var database = await TestDatabase.CreateAsync(VaultApp.Scripts, "vault");
        await using var vault = await VaultApp.StartAsync(database.ConnectionString, file.Settings);
        var keys = vault.Services.GetRequiredService<LocalKeyEncryption>();
        var (_, owner) = await vault.ConnectAsync("org-file", "key-1", "value-file");

        file.Write("{ not json " + Key2);
        keys.Reload();
        Assert.Equal(1, keys.Current);
        file.Delete();
        keys.Reload();
        Assert.Equal(1, keys.Current);
        Assert.Equal("200", (await vault.GetAsync(owner, "api-key")).Short);
        file.Write(2, [], (1, Key1), (2, Key2));
        // By itself, at the next pass of the rotation.
        await Until.TrueAsync(() => keys.Current == 2, () => vault.Time.Advance(new RotationOptions().Every));
        await vault.ConnectAsync("org-file-2", "key-2", "value-file-2");

        Assert.Equal(
            1,
            await database.ScalarAsync<long>("SELECT count(*) FROM owners WHERE org = 'org-file-2' AND key_version = 2")
        );
        Assert.Contains("the one before stays in force", vault.Logs, StringComparison.Ordinal);
        Assert.DoesNotContain(Key2, vault.Logs, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("security", "35")]
    public async Task AVersionThatAnotherReplicaHasAlreadyIsLookedForInTheFile()
    {
        using var file = new RingFile(1, [], (1, Key1));
        await using var database = await TestDatabase.CreateAsync(VaultApp.Scripts, "vault");
        await using var late = await VaultApp.StartAsync(database.ConnectionString, file.Settings);
        file.Write(2, [], (1, Key1), (2, Key2));
        await using var early = await VaultApp.StartAsync(database.ConnectionString, file.Settings);
        var (connection, _) = await early.ConnectAsync("org-early", "key-1", "value-early");

        Assert.Equal("200", (await late.ReleaseAsync(connection)).Short);
    }

    private static MeterListener Listen(string instrument, Action<long> counted)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (published, self) =>
            {
                if (published.Meter.Name == VaultMetrics.MeterName && published.Name == instrument)
                {
                    self.EnableMeasurementEvents(published);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, count, _, _) => counted(count));
        listener.Start();
        return listener;
    }
}
