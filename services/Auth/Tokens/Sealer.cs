using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Partner.Auth.Tokens;

/// <summary>
/// AES-256-GCM under keys that the vault derives for this service, for secrets kept outside the vault: access tokens
/// and PKCE verifiers. Layout: key version (4 bytes), nonce (12), tag (16), ciphertext.
/// </summary>
internal sealed class Sealer(VaultClient vault, TimeProvider time)
{
    private const int VersionSize = 4;
    private const int NonceSize = 12;
    private const int TagSize = 16;
    private const int HeaderSize = VersionSize + NonceSize + TagSize;

    /// <summary>A new current key is used after this.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(5);

    /// <summary>With the vault down, keys serve this long.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    private readonly SemaphoreSlim _turn = new(1);
    private (SealingKeys Keys, long At)? _known;

    /// <param name="context">The kind of the secret and its owner; opening needs the same.</param>
    public async Task<byte[]> SealAsync(Secret secret, string context, CancellationToken cancellationToken)
    {
        var keys = await KeysAsync(null, cancellationToken);
        var key = keys.Keys.Single(k => k.Version == keys.Current);
        var plain = Encoding.UTF8.GetBytes(secret.Reveal());
        var sealedBytes = new byte[HeaderSize + plain.Length];
        BinaryPrimitives.WriteInt32BigEndian(sealedBytes, key.Version);
        var nonce = sealedBytes.AsSpan(VersionSize, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(Convert.FromBase64String(key.Key.Reveal()), TagSize);
        aes.Encrypt(
            nonce,
            plain,
            sealedBytes.AsSpan(HeaderSize),
            sealedBytes.AsSpan(VersionSize + NonceSize, TagSize),
            Encoding.UTF8.GetBytes(context)
        );
        CryptographicOperations.ZeroMemory(plain);
        return sealedBytes;
    }

    /// <summary>Null: not sealed for this context, or its key is retired. Never an unauthenticated text.</summary>
    public async Task<Secret?> OpenAsync(byte[] sealedBytes, string context, CancellationToken cancellationToken)
    {
        if (sealedBytes.Length < HeaderSize)
        {
            return null;
        }

        var version = BinaryPrimitives.ReadInt32BigEndian(sealedBytes);
        if (version <= 0)
        {
            return null;
        }

        var keys = await KeysAsync(version, cancellationToken);
        if (keys.Keys.FirstOrDefault(k => k.Version == version) is not { } key)
        {
            return null;
        }

        var plain = new byte[sealedBytes.Length - HeaderSize];
        using var aes = new AesGcm(Convert.FromBase64String(key.Key.Reveal()), TagSize);
        try
        {
            aes.Decrypt(
                sealedBytes.AsSpan(VersionSize, NonceSize),
                sealedBytes.AsSpan(HeaderSize),
                sealedBytes.AsSpan(VersionSize + NonceSize, TagSize),
                plain,
                Encoding.UTF8.GetBytes(context)
            );
            return new Secret(Encoding.UTF8.GetString(plain));
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    /// <summary>False: another key than the one in force has sealed it, which may be retired some day.</summary>
    public async Task<bool> IsCurrentAsync(byte[] sealedBytes, CancellationToken cancellationToken) =>
        BinaryPrimitives.ReadInt32BigEndian(sealedBytes) == (await KeysAsync(null, cancellationToken)).Current;

    private async Task<SealingKeys> KeysAsync(int? needed, CancellationToken cancellationToken)
    {
        if (Known(Fresh, needed) is { } fresh)
        {
            return fresh;
        }

        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (Known(Fresh, needed) is { } other)
            {
                return other;
            }

            var keys = await vault.SealingKeysAsync(cancellationToken);
            _known = (keys, time.GetTimestamp());
            return keys;
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            return Known(Longest, needed)
                ?? throw new HttpRequestException("The vault's sealing keys cannot be had.", exception);
        }
        finally
        {
            _turn.Release();
        }
    }

    private SealingKeys? Known(TimeSpan age, int? needed) =>
        _known is { } known
        && time.GetElapsedTime(known.At) < age
        && (needed is null || known.Keys.Keys.Any(k => k.Version == needed))
            ? known.Keys
            : null;
}
