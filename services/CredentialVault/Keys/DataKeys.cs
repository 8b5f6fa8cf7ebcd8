using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;

namespace Partner.CredentialVault.Keys;

internal sealed class DataKeyOptions
{
    public const string SectionName = "DataKeys";

    /// <summary>How long an unwrapped data key serves: as long as a KMS may be away unnoticed.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan CacheFor { get; init; } = TimeSpan.FromMinutes(5);
}

/// <summary>Makes and opens data keys, and keeps the opened ones for a short while.</summary>
internal sealed class DataKeys(IKeyEncryption keys, IOptions<DataKeyOptions> options, TimeProvider time)
{
    private const int MaxCached = 20_000;

    private readonly Dictionary<string, (byte[] Key, DateTimeOffset Until)> _cache = [];
    private readonly SingleFlight<(string Name, int Version), byte[]> _opening = new();
    private readonly Lock _lock = new();

    /// <summary>A new key of 256 random bits, wrapped.</summary>
    public async ValueTask<WrappedKey> CreateAsync(string name, CancellationToken cancellationToken)
    {
        var key = RandomNumberGenerator.GetBytes(Envelope.KeyBytes);
        try
        {
            return await keys.WrapAsync(name, key, cancellationToken);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    public async ValueTask<DataKey> OpenAsync(WrappedKey wrapped, CancellationToken cancellationToken)
    {
        keys.Demand(wrapped);
        if (Find(wrapped.Name) is { } cached)
        {
            return new DataKey(cached);
        }

        // A KMS counts requests and is slow: callers that want the same key at the same time wait for the same answer.
        // No single caller may cancel or zero it.
        var key = await _opening.RunAsync(
            (wrapped.Name, wrapped.Version),
            async () => Keep(wrapped.Name, await keys.UnwrapAsync(wrapped, CancellationToken.None)),
            cancellationToken
        );
        return new DataKey([.. key]);
    }

    /// <summary>The same data key under the current version.</summary>
    public async ValueTask<WrappedKey> RewrapAsync(WrappedKey wrapped, CancellationToken cancellationToken)
    {
        var key = await keys.UnwrapAsync(wrapped, cancellationToken);
        try
        {
            return await keys.WrapAsync(wrapped.Name, key, cancellationToken);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    public void Forget(string name)
    {
        lock (_lock)
        {
            if (_cache.Remove(name, out var entry))
            {
                CryptographicOperations.ZeroMemory(entry.Key);
            }
        }
    }

    private byte[]? Find(string name)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            return _cache.TryGetValue(name, out var entry) && now < entry.Until ? [.. entry.Key] : null;
        }
    }

    private byte[] Keep(string name, byte[] key)
    {
        var until = time.GetUtcNow() + options.Value.CacheFor;
        lock (_lock)
        {
            if (_cache.Count >= MaxCached)
            {
                foreach (var (old, _) in _cache.Values)
                {
                    CryptographicOperations.ZeroMemory(old);
                }

                _cache.Clear();
            }

            Forget(name);
            _cache[name] = ([.. key], until);
        }

        return key;
    }
}

/// <summary>An opened data key; zeroed when disposed.</summary>
internal sealed class DataKey(byte[] bytes) : IDisposable
{
    public ReadOnlySpan<byte> Bytes => bytes;

    public void Dispose() => CryptographicOperations.ZeroMemory(bytes);
}
