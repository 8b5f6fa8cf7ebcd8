using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Partner.CredentialVault.Keys;
using Partner.Testing;

namespace Partner.CredentialVault.Tests.Kms;

/// <summary>A KMS across the network, by the contract, and in bad weather.</summary>
public sealed class KmsKeyEncryptionTests : KeyEncryptionContract
{
    private static readonly byte[] Key = RandomNumberGenerator.GetBytes(32);

    private protected override async Task<IKeySource> StartAsync() => await KmsSource.StartAsync();

    [Theory]
    [Trait("fault", "F29")]
    [InlineData(nameof(KmsWeather.Down))]
    [InlineData(nameof(KmsWeather.Gone))]
    [InlineData(nameof(KmsWeather.Hangs))]
    [InlineData(nameof(KmsWeather.Garbled))]
    [InlineData(nameof(KmsWeather.Throttles))]
    public async Task WhatCannotBeReachedSaysSoAndComesBack(string weather)
    {
        await using var source = await KmsSource.StartAsync(TimeSpan.FromSeconds(5));
        var wrapped = await source.Keys.WrapAsync("own_1", Key, default);
        source.Kms.Weather = Enum.Parse<KmsWeather>(weather);
        Func<Task>[] uses =
        [
            async () => await source.Keys.WrapAsync("own_2", Key, default),
            async () => await source.Keys.UnwrapAsync(wrapped, default),
            async () => await source.Keys.DeriveAsync(1, "info", default),
            async () => await source.Keys.RefreshAsync(default),
        ];

        foreach (var e in await Task.WhenAll(uses.Select(async use => await Record.ExceptionAsync(use))))
        {
            Assert.True(e is HttpRequestException or TimeoutException, $"{e}");
            Assert.DoesNotContain(Convert.ToBase64String(Key), $"{e}", StringComparison.Ordinal);
        }

        source.Kms.Weather = KmsWeather.Fine;
        Assert.Equal(Key, await source.Keys.UnwrapAsync(wrapped, default));
    }

    [Fact]
    public async Task AMomentOfThrottlingIsBridged()
    {
        await using var source = await KmsSource.StartAsync();
        var wrapped = await source.Keys.WrapAsync("own_1", Key, default);
        source.Kms.Throttle(2);
        Assert.Equal(Key, await source.Keys.UnwrapAsync(wrapped, default));
    }

    /// <summary>However slow the service is, however many ask: a data key costs one request.</summary>
    [Fact]
    public async Task ManyWhoNeedOneKeyAskOnce()
    {
        await using var source = await KmsSource.StartAsync();
        var keys = new DataKeys(source.Keys, Options.Create(new DataKeyOptions()), new ManualTimeProvider());
        var wrapped = await keys.CreateAsync("own_1", default);
        source.Kms.Latency = TimeSpan.FromMilliseconds(200);
        var opened = await Task.WhenAll(
            Enumerable
                .Range(0, 50)
                .Select(async _ =>
                {
                    using var key = await keys.OpenAsync(wrapped, default);
                    return Convert.ToHexString(key.Bytes);
                })
        );

        Assert.Single(opened.Distinct());
        Assert.Equal(1, source.Kms.Unwraps);
    }

    [Fact]
    public async Task OneWhoGivesUpTakesNobodyWithHim()
    {
        await using var source = await KmsSource.StartAsync();
        var keys = new DataKeys(source.Keys, Options.Create(new DataKeyOptions()), new ManualTimeProvider());
        var wrapped = await keys.CreateAsync("own_1", default);
        source.Kms.Latency = TimeSpan.FromMilliseconds(200);
        using var gone = new CancellationTokenSource();
        var impatient = keys.OpenAsync(wrapped, gone.Token);
        var patient = keys.OpenAsync(wrapped, default);
        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await impatient);
        using var key = await patient;
        Assert.Equal(32, key.Bytes.Length);
    }
}

internal sealed class KmsSource : IKeySource
{
    private readonly KmsKeyEncryption _keys;

    private KmsSource(FakeKms kms, TimeSpan? timeout) =>
        (Kms, _keys) = (kms, new KmsKeyEncryption(kms.Address, timeout));

    public FakeKms Kms { get; }

    public IKeyEncryption Keys => _keys;

    public static async Task<KmsSource> StartAsync(TimeSpan? timeout = null)
    {
        var source = new KmsSource(await FakeKms.StartAsync(), timeout);
        await source.Keys.RefreshAsync(default);
        return source;
    }

    public void AddVersion() => Kms.AddVersion();

    public void Retire(int version) => Kms.Retire(version);

    public async ValueTask DisposeAsync()
    {
        _keys.Dispose();
        await Kms.DisposeAsync();
    }
}
