using Microsoft.Extensions.DependencyInjection;
using Partner.Contracts;
using Partner.CredentialVault.Keys;
using Partner.Testing;

namespace Partner.CredentialVault.Tests;

public sealed class OutageTests
{
    [Fact]
    [Trait("security", "50")]
    [Trait("fault", "F7")]
    public async Task ADeadDatabaseIs503UntilItIsBack()
    {
        await using var server = await PostgresServer.StartAsync(durable: true);
        await using var database = await TestDatabase.CreateAsync(VaultApp.Scripts, "vault", server);
        await using var vault = await VaultApp.StartAsync(database.ConnectionString, VaultApp.Ring(1, (1, VaultApp.NewKey())));
        var (connection, owner) = await vault.ConnectAsync("org-outage", "key-1", "value-outage");
        var tokens = await vault.ReserveConnectionAsync(connection);
        Assert.Equal("200", (await vault.ReleaseAsync(connection)).Short);

        server.Kill();
        // Twice: the first use finds the pooled connection broken, the second opens a new one.
        for (var i = 0; i < 2; i++)
        {
            Answer[] answers =
            [
                await vault.ReleaseAsync(connection),
                await vault.GetAsync(owner, "api-key"),
                await vault.PutAsync(tokens.Id, "refresh-token", 1, null, "token-in-outage"),
                await vault.SendAsync(HttpMethod.Post, "owners", new OwnerReservation(OwnerKind.Org, "c", "o", connection)),
                await vault.DetachAsync(connection),
                await vault.SendAsync(HttpMethod.Get, "key-ring"),
            ];
            Assert.All(answers, answer => Assert.Equal(("503 unavailable", "5"), (answer.Short, answer.RetryAfter)));
        }

        await server.RestartAsync();
        await AssertBackAsync(vault, connection);
        Assert.Equal("204", (await vault.PutAsync(tokens.Id, "refresh-token", 1, null, "token-in-outage")).Short);
    }

    [Fact]
    [Trait("security", "50")]
    [Trait("fault", "F29")]
    public async Task WithoutTheKmsWhatIsCachedServesItsLifeAndNothingElse()
    {
        await using var database = await TestDatabase.CreateAsync(VaultApp.Scripts, "vault");
        var kms = new StoppableKms();
        await using var vault = await VaultApp.StartAsync(
            database.ConnectionString,
            VaultApp.Ring(1, (1, VaultApp.NewKey())),
            builder => builder.Services.AddSingleton<IKeyEncryption>(provider =>
            {
                kms.Inner = provider.GetRequiredService<LocalKeyEncryption>();
                return kms;
            }));
        var (_, warm) = await vault.ConnectAsync("org-warm", "key-1", "value-warm");
        Assert.Equal("200", (await vault.GetAsync(warm, "api-key")).Short);

        kms.IsDown = true;
        vault.Time.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal("200", (await vault.GetAsync(warm, "api-key")).Short);
        vault.Time.Advance(TimeSpan.FromMinutes(6));
        var later = await vault.GetAsync(warm, "api-key");
        Assert.Equal(("503 unavailable", "5"), (later.Short, later.RetryAfter));
        var reservation = new OwnerReservation(OwnerKind.Org, "client", "org-new", ConnectionId.New());
        Assert.Equal("503 unavailable", (await vault.SendAsync(HttpMethod.Post, "owners", reservation)).Short);
        Assert.Equal("503 unavailable", (await vault.PutAsync(warm, "api-key", 2, "key-2", "value-two")).Short);

        kms.IsDown = false;
        Assert.Equal(
            new StoredSecret(1, "key-1", new Secret("value-warm")),
            (await vault.GetAsync(warm, "api-key")).Read<StoredSecret>());
    }

    // A server that has just started may still refuse a connection or two.
    private static async Task AssertBackAsync(VaultApp vault, ConnectionId connection)
    {
        var answer = await vault.ReleaseAsync(connection);
        for (var i = 0; i < 100 && answer.Short == "503 unavailable"; i++)
        {
            await Task.Delay(50);
            answer = await vault.ReleaseAsync(connection);
        }

        Assert.Equal("200", answer.Short);
        Assert.Equal(new ReleasedApiKey("key-1", new Secret("value-outage")), answer.Read<ReleasedApiKey>());
    }

    private sealed class StoppableKms : IKeyEncryption
    {
        public IKeyEncryption Inner { get; set; } = null!;

        public bool IsDown { get; set; }

        public int Current => Inner.Current;

        public IReadOnlyList<int> Usable => Inner.Usable;

        public void Demand(int version) => Inner.Demand(version);

        public ValueTask<WrappedKey> WrapAsync(string name, ReadOnlyMemory<byte> key, CancellationToken cancellationToken) =>
            Reach().WrapAsync(name, key, cancellationToken);

        public ValueTask<byte[]> UnwrapAsync(WrappedKey wrapped, CancellationToken cancellationToken) =>
            Reach().UnwrapAsync(wrapped, cancellationToken);

        public ValueTask<byte[]> DeriveAsync(int version, string info, CancellationToken cancellationToken) =>
            Reach().DeriveAsync(version, info, cancellationToken);

        private IKeyEncryption Reach() => IsDown ? throw new HttpRequestException("The KMS cannot be reached.") : Inner;
    }
}
