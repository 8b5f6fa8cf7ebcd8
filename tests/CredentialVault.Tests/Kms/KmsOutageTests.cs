using Microsoft.Extensions.DependencyInjection;
using Partner.Contracts;
using Partner.CredentialVault.Keys;
using Partner.Testing;

namespace Partner.CredentialVault.Tests.Kms;

/// <summary>The vault on a KMS that is away for ten minutes.</summary>
[Trait("fault", "F29")]
public sealed class KmsOutageTests : IAsyncLifetime
{
    private FakeKms _kms = null!;
    private KmsKeyEncryption _keys = null!;
    private TestDatabase _database = null!;
    private VaultApp _vault = null!;

    public async ValueTask InitializeAsync()
    {
        _kms = await FakeKms.StartAsync();
        _keys = new KmsKeyEncryption(_kms.Address, TimeSpan.FromSeconds(5));
        await _keys.RefreshAsync(default);
        _database = await TestDatabase.CreateAsync(VaultApp.Scripts, "vault");
        _vault = await StartAsync();
    }

    [Theory]
    [Trait("security", "50")]
    [InlineData(nameof(KmsWeather.Down))]
    [InlineData(nameof(KmsWeather.Gone))]
    [InlineData(nameof(KmsWeather.Hangs))]
    public async Task WhatIsCachedServesItsLifeAndNothingElse(string weather)
    {
        var (connection, warm) = await _vault.ConnectAsync("org-warm", "key-1", "value-warm");
        var (_, cold) = await _vault.ConnectAsync("org-cold", "key-2", "value-cold");
        Assert.Equal("200", (await _vault.ReleaseAsync(connection)).Short);
        _vault.Services.GetRequiredService<DataKeys>().Forget(cold.Text);

        _kms.Weather = Enum.Parse<KmsWeather>(weather);
        _vault.Time.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal("200", (await _vault.ReleaseAsync(connection)).Short);
        Assert.Equal(("503 unavailable", "5"), Of(await _vault.GetAsync(cold, "api-key")));
        _vault.Time.Advance(TimeSpan.FromMinutes(6));
        foreach (var answer in await UseEverythingAsync(connection, warm))
        {
            Assert.Equal(("503 unavailable", "5"), Of(answer));
            Assert.DoesNotContain("value-", answer.Body, StringComparison.Ordinal);
        }

        Assert.Equal(2, await _database.ScalarAsync<long>("SELECT count(*) FROM secrets"));
        Assert.Equal(
            0,
            await _database.ScalarAsync<long>(
                "SELECT count(*) FROM secrets s, owners o WHERE position('value-'::bytea in s.ciphertext) > 0 OR position('value-' in o::text) > 0"
            )
        );
        Assert.DoesNotContain("value-", _vault.Logs, StringComparison.Ordinal);

        _kms.Weather = KmsWeather.Fine;
        Assert.Equal("200", (await _vault.ReleaseAsync(connection)).Short);
        Assert.Equal(
            new StoredSecret(1, "key-2", new Secret("value-cold"), VaultApp.Site),
            (await _vault.GetAsync(cold, "api-key")).Read<StoredSecret>()
        );
    }

    [Fact]
    public async Task AVaultThatStartsWithoutItsKmsServesNothingUntilItIsThere()
    {
        var (connection, _) = await _vault.ConnectAsync("org-start", "key-1", "value-start");
        _kms.Weather = KmsWeather.Down;
        using var keys = new KmsKeyEncryption(_kms.Address);
        await using var second = await StartAsync(keys);
        Assert.Equal("503 unavailable", (await second.ReleaseAsync(connection)).Short);
        Assert.Equal("503 unavailable", (await second.SendAsync(HttpMethod.Get, "key-ring")).Short);

        _kms.Weather = KmsWeather.Fine;
        await keys.RefreshAsync(default);
        Assert.Equal("200", (await second.ReleaseAsync(connection)).Short);
    }

    [Fact]
    [Trait("security", "35")]
    [Trait("fault", "F28")]
    public async Task TheKmsKeyIsRotatedAsTheKeyRingIs()
    {
        var (connection, owner) = await _vault.ConnectAsync("org-rotated", "key-1", "value-rotated");
        _kms.AddVersion();
        _kms.Weather = KmsWeather.Down;
        await Assert.ThrowsAsync<HttpRequestException>(() => _vault.RotateAsync());
        _kms.Weather = KmsWeather.Fine;
        Assert.Equal(2, await _vault.RotateAsync());
        _kms.Retire(1);
        Assert.Equal(0, await _vault.RotateAsync());
        _vault.Services.GetRequiredService<DataKeys>().Forget(owner.Text);

        Assert.Equal("200", (await _vault.ReleaseAsync(connection)).Short);
        var report = (await _vault.SendAsync(HttpMethod.Get, "key-ring")).Read<KeyRingReport>();
        Assert.Equal([new(2, "current", 2)], report.Versions);
    }

    public async ValueTask DisposeAsync()
    {
        await _vault.DisposeAsync();
        await _database.DisposeAsync();
        _keys.Dispose();
        await _kms.DisposeAsync();
    }

    private Task<Answer[]> UseEverythingAsync(ConnectionId connection, OwnerId warm) =>
        Task.WhenAll(
            _vault.ReleaseAsync(connection),
            _vault.GetAsync(warm, "api-key"),
            _vault.SendAsync(HttpMethod.Post, "owners", OwnerReservation.ForOrg("client", "org-new", connection)),
            _vault.PutAsync(warm, "api-key", 2, "key-2", "value-two"),
            _vault.SendAsync(HttpMethod.Get, "sealing-keys"),
            _vault.SendAsync(HttpMethod.Post, "audit", new AuditEvent(connection, "test.event", "someone"))
        );

    private static (string, string?) Of(Answer answer) => (answer.Short, answer.RetryAfter);

    // A ring has to be there: the KMS takes its place.
    private Task<VaultApp> StartAsync(IKeyEncryption? keys = null) =>
        VaultApp.StartAsync(
            _database.ConnectionString,
            VaultApp.Ring(1, (1, VaultApp.NewKey())),
            builder => builder.Services.AddSingleton(keys ?? _keys)
        );
}
