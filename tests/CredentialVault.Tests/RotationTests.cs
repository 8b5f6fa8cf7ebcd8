using Npgsql;
using Partner.Contracts;
using Partner.CredentialVault.Audit;
using Partner.CredentialVault.Keys;
using Partner.Testing;

namespace Partner.CredentialVault.Tests;

public sealed class RotationTests
{
    private const int Owners = 300;
    private const int Readers = 8;
    private const int Writers = 3;

    private static readonly string Key1 = VaultApp.NewKey();
    private static readonly string Key2 = VaultApp.NewKey();

    [Fact]
    [Trait("security", "35")]
    [Trait("fault", "F28")]
    public async Task RotationKilledHalfwayIsResumedAndNothingFailsMeanwhile()
    {
        using var file = new RingFile(1, [], (1, Key1));
        await using var database = await TestDatabase.CreateAsync(VaultApp.Scripts, "vault");
        // Not caching makes every read unwrap; the vault that serves does not rotate until it is told to.
        var settings = file.Settings.Append(new("DataKeys:CacheFor", "00:00:00")).ToDictionary();
        await using var vault = await VaultApp.StartAsync(database.ConnectionString, settings);
        var load = new Load(vault, await FillAsync(vault));
        file.Write(2, [], (1, Key1), (2, Key2));

        var rowsWhenKilled = await KillHalfwayAsync(database, file);
        Assert.InRange(rowsWhenKilled, 1, Owners);
        await load.GoOnAsync();
        await vault.RotateAsync();
        // A reservation that began before this vault had read the new ring may have come after the pass.
        await vault.RotateAsync();

        await load.GoOnAsync();
        var report = (await vault.SendAsync(HttpMethod.Get, "key-ring")).Read<KeyRingReport>();
        Assert.Equal((2, "usable", 0L), (report.Current, report.Versions[0].State, report.Versions[0].Rows));
        Assert.True(report.Versions[1].Rows > Owners);
        var own = (await vault.SendAsync(HttpMethod.Get, $"audit/{AuditChainId.Vault}?limit=500")).Read<AuditPage>();
        Assert.Equal(("key_ring.rotated", "0"), (own.Entries[^1].Event, own.Entries[^1].Details["left"]));

        file.Write(2, [1], (2, Key2));
        await vault.RotateAsync();
        await load.GoOnAsync();
        var (reads, writes) = await load.StopAsync();
        Assert.True(reads > Owners && writes > 0, $"{reads} reads, {writes} writes");
        TestContext.Current.SendDiagnosticMessage(
            $"{reads} reads and {writes} writes, none failed; killed with {rowsWhenKilled} rows left"
        );
    }

    [Fact]
    [Trait("security", "36")]
    public async Task WhatAVersionRetiredTooEarlyProtectsIsCountedAndAnnounced()
    {
        using var file = new RingFile(1, [], (1, Key1));
        await using var database = await TestDatabase.CreateAsync(VaultApp.Scripts, "vault");
        await using var vault = await VaultApp.StartAsync(database.ConnectionString, file.Settings);
        await vault.ReserveOrgAsync("org-stranded", ConnectionId.New());
        file.Write(2, [1], (1, Key1), (2, Key2));
        await Assert.ThrowsAsync<KeyUnavailableException>(() => vault.RotateAsync());
        await vault.RotateAsync();

        Assert.Contains(
            "Error 2 data keys stand under key version 1, which may not be used: what they protect cannot be read",
            vault.Logs,
            StringComparison.Ordinal
        );
    }

    [Fact]
    [Trait("security", "48")]
    public async Task AuditChainsOutliveTheKeyThatTheyBeganUnder()
    {
        using var file = new RingFile(1, [], (1, Key1));
        await using var database = await TestDatabase.CreateAsync(VaultApp.Scripts, "vault");
        await using var vault = await VaultApp.StartAsync(database.ConnectionString, file.Settings);
        var (connection, _) = await vault.ConnectAsync("org-chain", "key-1", "value-chain");
        file.Write(2, [], (1, Key1), (2, Key2));
        await vault.RotateAsync();
        file.Write(2, [1], (2, Key2));
        await vault.RotateAsync();
        await vault.DetachAsync(connection);

        var verdict = (await vault.SendAsync(HttpMethod.Get, $"audit/{connection}/verify")).Read<AuditVerdict>();
        Assert.Equal(new AuditVerdict(connection, true, null, null), verdict);
    }

    [Fact]
    [Trait("security", "35")]
    public async Task ARowThatDoesNotOpenHoldsUpNoOther()
    {
        using var file = new RingFile(1, [], (1, Key1));
        await using var database = await TestDatabase.CreateAsync(VaultApp.Scripts, "vault");
        await using var vault = await VaultApp.StartAsync(
            database.ConnectionString,
            file.Settings.Append(new("Rotation:BatchSize", "1")).ToDictionary()
        );
        var bad = await vault.ReserveOrgAsync("org-bad", ConnectionId.New());
        await vault.ReserveOrgAsync("org-good", ConnectionId.New());
        await database.ExecuteAsync("UPDATE owners SET wrapped_key = '\\x01' WHERE id = $1", bad.Id.Text);
        file.Write(2, [], (1, Key1), (2, Key2));
        await vault.RotateAsync();

        var report = (await vault.SendAsync(HttpMethod.Get, "key-ring")).Read<KeyRingReport>();
        Assert.Equal([new(1, "usable", 1), new(2, "current", 2)], report.Versions);
        Assert.Contains($"Error The data key of {bad.Id} cannot be moved", vault.Logs, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AReplicaWithTheOldRingMovesNothingBack()
    {
        await using var database = await TestDatabase.CreateAsync(VaultApp.Scripts, "vault");
        await using var ahead = await VaultApp.StartAsync(
            database.ConnectionString,
            VaultApp.Ring(2, (1, Key1), (2, Key2))
        );
        await using var behind = await VaultApp.StartAsync(
            database.ConnectionString,
            VaultApp.Ring(1, (1, Key1), (2, Key2))
        );
        await ahead.ReserveOrgAsync("org-ahead", ConnectionId.New());

        Assert.Equal(0, await behind.RotateAsync());
        Assert.Equal(2, await database.ScalarAsync<long>("SELECT count(*) FROM owners WHERE key_version = 2"));
    }

    private static async Task<OwnerId[]> FillAsync(VaultApp vault)
    {
        var owners = new OwnerId[Owners];
        await Parallel.ForAsync(
            0,
            Owners,
            new ParallelOptions { MaxDegreeOfParallelism = 8 },
            async (i, _) =>
            {
                owners[i] = (await vault.ReserveConnectionAsync(ConnectionId.New())).Id;
                Assert.Equal("204", (await vault.PutAsync(owners[i], "refresh-token", 1, null, $"token-of-{i}")).Short);
            }
        );
        return owners;
    }

    private static async Task<Secret> ReadOneAsync(VaultApp vault, OwnerId owner)
    {
        var answer = await vault.GetAsync(owner, "refresh-token");
        Assert.Equal("200", answer.Short);
        return answer.Read<StoredSecret>().Value;
    }

    /// <summary>Another replica rotates, one key at a time, and is killed when some are done; tells how many are not.</summary>
    private static async Task<long> KillHalfwayAsync(TestDatabase database, RingFile file)
    {
        using var self = new ServiceIdentity("vault");
        using var replica = new VaultProcess([
            .. self.AsSelf(),
            .. file.Settings,
            new("Rotation:BatchSize", "1"),
            new("ConnectionStrings:database", database.ConnectionString),
        ]);
        const string Left = "SELECT count(*) FROM owners WHERE key_version = 1";
        // Rotation leaves a locked row for the next pass: so it cannot be done before it is killed, however slow we are.
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using var holding = await source.OpenConnectionAsync();
        await using var transaction = await holding.BeginTransactionAsync();
        await using (
            var hold = new NpgsqlCommand(
                $"SELECT id FROM owners WHERE key_version = 1 ORDER BY id DESC LIMIT {Owners / 4} FOR NO KEY UPDATE",
                holding
            )
        )
        {
            await hold.ExecuteNonQueryAsync();
        }

        await Until.AnsweredAsync(() => database.ScalarAsync<long>(Left), left => left <= Owners / 2);
        replica.Kill();
        await transaction.RollbackAsync();
        return await database.ScalarAsync<long>(Left);
    }

    /// <summary>Reads and writes without end; the first that fails, fails everything.</summary>
    private sealed class Load
    {
        private readonly VaultApp _vault;
        private readonly CancellationTokenSource _stop = new();
        private readonly List<Task> _tasks;
        private long _reads;
        private long _writes;

        public Load(VaultApp vault, OwnerId[] owners)
        {
            _vault = vault;
            _tasks =
            [
                .. Enumerable.Range(0, Readers).Select(first => ReadAsync(owners, first)),
                .. Enumerable.Range(0, Writers).Select(_ => WriteAsync()),
            ];
        }

        /// <summary>Waits for as many operations as there are tasks, all begun after this call.</summary>
        public async Task GoOnAsync()
        {
            var (reads, writes) = (Interlocked.Read(ref _reads), Interlocked.Read(ref _writes));
            await Until.TrueAsync(
                () =>
                    Interlocked.Read(ref _reads) >= reads + (2 * Readers)
                    && Interlocked.Read(ref _writes) >= writes + (2 * Writers),
                meanwhile: () => Assert.All(_tasks, task => Assert.False(task.IsFaulted, $"{task.Exception}"))
            );
        }

        public async Task<(long Reads, long Writes)> StopAsync()
        {
            await _stop.CancelAsync();
            await Task.WhenAll(_tasks);
            return (_reads, _writes);
        }

        private async Task ReadAsync(OwnerId[] owners, int first)
        {
            for (var i = first; !_stop.IsCancellationRequested; i = (i + 7) % owners.Length)
            {
                Assert.Equal(new Secret($"token-of-{i}"), await ReadOneAsync(_vault, owners[i]));
                Interlocked.Increment(ref _reads);
            }
        }

        private async Task WriteAsync()
        {
            for (var version = 1; !_stop.IsCancellationRequested; version++)
            {
                var owner = (await _vault.ReserveConnectionAsync(ConnectionId.New())).Id;
                var written = await _vault.PutAsync(owner, "refresh-token", version, null, $"written-{version}");
                // On a busy machine the database may be late; auth repeats that too, and the same version is written once.
                for (var i = 0; i < 5 && written.Short == "503 unavailable"; i++)
                {
                    written = await _vault.PutAsync(owner, "refresh-token", version, null, $"written-{version}");
                }

                Assert.Equal("204", written.Short);
                Assert.Equal(new Secret($"written-{version}"), await ReadOneAsync(_vault, owner));
                Interlocked.Increment(ref _writes);
            }
        }
    }
}
