using System.Security.Cryptography;
using Partner.CredentialVault.Keys;

namespace Partner.CredentialVault.Tests.Kms;

/// <summary>What stands behind the seam, and its operator: a new version, an old one retired.</summary>
internal interface IKeySource : IAsyncDisposable
{
    IKeyEncryption Keys { get; }

    void AddVersion();

    void Retire(int version);
}

/// <summary>What the vault needs of key encryption, whoever does it. A new implementation inherits this.</summary>
public abstract class KeyEncryptionContract
{
    private static readonly byte[] Key = RandomNumberGenerator.GetBytes(32);

    private protected abstract Task<IKeySource> StartAsync();

    [Fact]
    public async Task WhatIsWrappedUnwrapsAndShowsNothingOfTheKey()
    {
        await using var source = await StartAsync();
        var first = await source.Keys.WrapAsync("own_1", Key, default);
        var second = await source.Keys.WrapAsync("own_1", Key, default);

        Assert.Equal(("own_1", source.Keys.Current), (first.Name, first.Version));
        Assert.Equal(Key, await source.Keys.UnwrapAsync(first, default));
        Assert.Equal(Key, await source.Keys.UnwrapAsync(second, default));
        Assert.NotEqual(first.Bytes, second.Bytes);
        Assert.True(first.Bytes.AsSpan().IndexOf(Key.AsSpan(0, 8)) < 0);
    }

    [Fact]
    [Trait("security", "31")]
    public async Task ItOpensUnderItsOwnNameAndVersionAndUnchangedAlone()
    {
        await using var source = await StartAsync();
        var wrapped = await source.Keys.WrapAsync("own_1", Key, default);
        source.AddVersion();
        await source.Keys.RefreshAsync(default);
        WrappedKey[] others =
        [
            wrapped with
            {
                Name = "own_2",
            },
            wrapped with
            {
                Version = source.Keys.Current,
            },
            wrapped with
            {
                Bytes = [.. wrapped.Bytes[..^1], (byte)(wrapped.Bytes[^1] ^ 1)],
            },
            wrapped with
            {
                Bytes = wrapped.Bytes[..12],
            },
            wrapped with
            {
                Bytes = [],
            },
        ];

        foreach (var other in others)
        {
            await Assert.ThrowsAnyAsync<CryptographicException>(async () =>
                await source.Keys.UnwrapAsync(other, default)
            );
        }
    }

    [Fact]
    [Trait("security", "35")]
    public async Task ANewVersionWrapsAtOnceAndTheOldOneStillUnwraps()
    {
        await using var source = await StartAsync();
        Assert.False(await source.Keys.RefreshAsync(default));
        var old = await source.Keys.WrapAsync("own_1", Key, default);
        source.AddVersion();

        Assert.True(await source.Keys.RefreshAsync(default));
        var renewed = await source.Keys.WrapAsync("own_1", Key, default);

        Assert.Equal((old.Version + 1, old.Version + 1), (source.Keys.Current, renewed.Version));
        Assert.Equal([old.Version, renewed.Version], source.Keys.Usable);
        Assert.Equal(Key, await source.Keys.UnwrapAsync(old, default));
        Assert.Equal(Key, await source.Keys.UnwrapAsync(renewed, default));
        Assert.False(await source.Keys.RefreshAsync(default));
    }

    [Fact]
    [Trait("security", "36")]
    public async Task ARetiredVersionDoesNothingAnyMore()
    {
        await using var source = await StartAsync();
        var old = await source.Keys.WrapAsync("own_1", Key, default);
        source.AddVersion();
        source.Retire(old.Version);
        await source.Keys.RefreshAsync(default);

        Assert.DoesNotContain(old.Version, source.Keys.Usable);
        var refused = Assert.Throws<KeyUnavailableException>(() => source.Keys.Demand(old));
        Assert.Equal((old.Version, true, "own_1"), (refused.Version, refused.IsRetired, refused.Name));
        await Assert.ThrowsAsync<KeyUnavailableException>(async () => await source.Keys.UnwrapAsync(old, default));
        await Assert.ThrowsAsync<KeyUnavailableException>(async () =>
            await source.Keys.DeriveAsync(old.Version, "info", default)
        );
    }

    [Fact]
    public async Task AnUnknownVersionIsRefused()
    {
        await using var source = await StartAsync();
        var wrapped = await source.Keys.WrapAsync("own_1", Key, default);
        await Assert.ThrowsAsync<KeyUnavailableException>(async () =>
            await source.Keys.UnwrapAsync(wrapped with { Version = 99 }, default)
        );
    }

    [Fact]
    public async Task DerivedKeysStayAndDifferByVersionAndPurpose()
    {
        await using var source = await StartAsync();
        var first = await source.Keys.DeriveAsync(1, "sealing|auth|1", default);
        source.AddVersion();
        await source.Keys.RefreshAsync(default);

        Assert.Equal(32, first.Length);
        Assert.Equal(first, await source.Keys.DeriveAsync(1, "sealing|auth|1", default));
        Assert.NotEqual(first, await source.Keys.DeriveAsync(1, "sealing|logs|1", default));
        Assert.NotEqual(first, await source.Keys.DeriveAsync(2, "sealing|auth|1", default));
    }

    [Fact]
    public async Task ManyAtOnceAreEachGivenTheirOwn()
    {
        await using var source = await StartAsync();
        await Parallel.ForAsync(
            0,
            100,
            async (i, cancellationToken) =>
            {
                var key = RandomNumberGenerator.GetBytes(32);
                var wrapped = await source.Keys.WrapAsync($"own_{i}", key, cancellationToken);
                Assert.Equal(key, await source.Keys.UnwrapAsync(wrapped, cancellationToken));
            }
        );
    }
}
