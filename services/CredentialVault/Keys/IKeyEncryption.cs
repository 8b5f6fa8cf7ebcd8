namespace Partner.CredentialVault.Keys;

/// <summary>
/// Key encryption: the seam behind which a KMS can stand. Its keys never leave it; only data keys do. It throws
/// <see cref="HttpRequestException"/> or <see cref="TimeoutException"/> where its keys cannot be reached,
/// <see cref="System.Security.Cryptography.CryptographicException"/> where a data key does not open; nothing is ever
/// passed on unwrapped (fault F29). Every implementation has to pass KeyEncryptionContract of the tests.
/// </summary>
internal interface IKeyEncryption
{
    /// <summary>The version that wraps from now on.</summary>
    int Current { get; }

    /// <summary>The versions that can unwrap, the current one included.</summary>
    IReadOnlyList<int> Usable { get; }

    /// <summary>
    /// Throws <see cref="KeyUnavailableException"/> for a version that may not be used. Makes no call: also a cached
    /// key may be used only while its version may be.
    /// </summary>
    void Demand(WrappedKey wrapped);

    /// <summary>Looks for new versions, and whether old ones were retired. True if there was a change.</summary>
    ValueTask<bool> RefreshAsync(CancellationToken cancellationToken);

    /// <summary>Wraps under the current version, bound to <paramref name="name"/>.</summary>
    ValueTask<WrappedKey> WrapAsync(string name, ReadOnlyMemory<byte> key, CancellationToken cancellationToken);

    ValueTask<byte[]> UnwrapAsync(WrappedKey wrapped, CancellationToken cancellationToken);

    /// <summary>256 bits that follow from the version's key and <paramref name="info"/>.</summary>
    ValueTask<byte[]> DeriveAsync(int version, string info, CancellationToken cancellationToken);
}

/// <summary>A data key as it is stored.</summary>
/// <param name="Name">The name of its owner; it unwraps under no other.</param>
/// <param name="Version">The version of the key encryption key.</param>
internal sealed record WrappedKey(string Name, int Version, byte[] Bytes);
