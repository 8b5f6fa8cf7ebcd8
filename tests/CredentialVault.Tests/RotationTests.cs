using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Partner.Contracts;
using Partner.CredentialVault.Audit;
using Partner.CredentialVault.Keys;
using Partner.Testing;

namespace Partner.CredentialVault.Tests;

public sealed class RotationTests
{
    private const int Owners = 300;
    private const int Readers = 8;

    private static readonly string Key1 = VaultApp.NewKey();
    private static readonly string Key2 = VaultApp.NewKey();

    [Fact]
    [Trait("security", "35")]
    [Trait("fault", "F28")]
    public async Task RotationKilledHalfwayIsResumedAndNoReadFails()
    {
        using var file = new RingFile(1, [], (1, Key1));
        await using var database = await TestDatabase.CreateAsync(VaultApp.Scripts, "vault");
        // Not caching makes every read unwrap; the vault that serves does not rotate until its clock is moved.
        var settings = file.Settings.Append(new("DataKeys:CacheFor", "00:00:00")).ToDictionary();
        await using var vault = await VaultApp.StartAsync(database.ConnectionString, settings);
        var owners = await FillAsync(vault);
        using var stop = new CancellationTokenSource();
        var readers = Enumerable.Range(0, Readers).Select(i => ReadAsync(vault, owners, i, stop.Token)).ToList();
        file.Write(2, [], (1, Key1), (2, Key2));

        var rowsWhenKilled = await KillHalfwayAsync(database, file);
        Assert.InRange(rowsWhenKilled, 1, Owners);
        await vault.PutAsync(owners[0], "refresh-token", 2, null, "token-of-0");
        await RunAsync(vault);

        await stop.CancelAsync();
        var reads = await Task.WhenAll(readers);
        Assert.All(reads, count => Assert.True(count > 0));
        var report = (await vault.SendAsync(HttpMethod.Get, "key-ring")).Read<KeyRingReport>();
        Assert.Equal([new(1, "usable", 0), new(2, "current", Owners + 1)], report.Versions);

        file.Write(2, [1], (2, Key2));
        await RunAsync(vault);
        for (var i = 0; i < Owners; i++)
        {
            Assert.Equal(new Secret($"token-of-{i}"), await ReadOneAsync(vault, owners[i]));
        }
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
        await RunAsync(vault);
        file.Write(2, [1], (2, Key2));
        await RunAsync(vault);
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
            database.ConnectionString, file.Settings.Append(new("Rotation:BatchSize", "1")).ToDictionary());
        var bad = await vault.ReserveOrgAsync("org-bad", ConnectionId.New());
        await vault.ReserveOrgAsync("org-good", ConnectionId.New());
        await database.ExecuteAsync("UPDATE owners SET wrapped_key = '\\x01' WHERE id = $1", bad.Id.Text);
        file.Write(2, [], (1, Key1), (2, Key2));
        await RunAsync(vault);

        var report = (await vault.SendAsync(HttpMethod.Get, "key-ring")).Read<KeyRingReport>();
        Assert.Equal([new(1, "usable", 1), new(2, "current", 2)], report.Versions);
        Assert.Contains($"Error The data key of {bad.Id} cannot be moved", vault.Logs, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AReplicaWithTheOldRingMovesNothingBack()
    {
        await using var database = await TestDatabase.CreateAsync(VaultApp.Scripts, "vault");
        await using var ahead = await VaultApp.StartAsync(database.ConnectionString, VaultApp.Ring(2, (1, Key1), (2, Key2)));
        await using var behind = await VaultApp.StartAsync(database.ConnectionString, VaultApp.Ring(1, (1, Key1), (2, Key2)));
        await ahead.ReserveOrgAsync("org-ahead", ConnectionId.New());

        Assert.Equal(0, await RunAsync(behind));
        Assert.Equal(2, await database.ScalarAsync<long>("SELECT count(*) FROM owners WHERE key_version = 2"));
    }

    private static Task<int> RunAsync(VaultApp vault) =>
        vault.Services.GetServices<IHostedService>().OfType<Rotation>().Single().RunOnceAsync(CancellationToken.None);

    private static async Task<OwnerId[]> FillAsync(VaultApp vault)
    {
        var owners = new OwnerId[Owners];
        await Parallel.ForAsync(0, Owners, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            owners[i] = (await vault.ReserveConnectionAsync(ConnectionId.New())).Id;
            Assert.Equal("204", (await vault.PutAsync(owners[i], "refresh-token", 1, null, $"token-of-{i}")).Short);
        });
        return owners;
    }

    private static async Task<int> ReadAsync(VaultApp vault, OwnerId[] owners, int first, CancellationToken stop)
    {
        var count = 0;
        for (var i = first; !stop.IsCancellationRequested; i = (i + 7) % owners.Length, count++)
        {
            Assert.Equal(new Secret($"token-of-{i}"), await ReadOneAsync(vault, owners[i]));
        }

        return count;
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
        using var replica = new VaultProcess(
        [
            .. self.AsSelf(),
            .. file.Settings,
            new("Rotation:BatchSize", "1"),
            new("ConnectionStrings:database", database.ConnectionString),
        ]);
        const string Left = "SELECT count(*) FROM owners WHERE key_version = 1";
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await database.ScalarAsync<long>(Left) > Owners - 5)
        {
            limit.Token.ThrowIfCancellationRequested();
        }

        replica.Kill();
        return await database.ScalarAsync<long>(Left);
    }
}
