using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace Partner.CredentialVault.Keys;

/// <summary>Key encryption with the keys of the configured key ring, in this process.</summary>
internal sealed partial class LocalKeyEncryption : IKeyEncryption
{
    private readonly KeyRingOptions _options;
    private readonly VaultMetrics _metrics;
    private readonly ILogger _logger;
    private volatile KeyRing _ring;
    private string? _lastMistake;

    public LocalKeyEncryption(
        IOptions<KeyRingOptions> options,
        VaultMetrics metrics,
        ILogger<LocalKeyEncryption> logger
    )
    {
        (_options, _metrics, _logger) = (options.Value, metrics, logger);
        var (ring, mistakes) = KeyRing.Read(_options);
        _ring =
            ring ?? throw new OptionsValidationException(KeyRingOptions.SectionName, typeof(KeyRingOptions), mistakes);
    }

    public int Current => _ring.Current;

    public IReadOnlyList<int> Usable => _ring.Usable;

    public void Demand(WrappedKey wrapped) => KeyOf(wrapped.Version, wrapped.Name);

    public ValueTask<bool> RefreshAsync(CancellationToken cancellationToken) => ValueTask.FromResult(Reload());

    public ValueTask<WrappedKey> WrapAsync(string name, ReadOnlyMemory<byte> key, CancellationToken cancellationToken)
    {
        var ring = _ring;
        var bytes = Envelope.Seal(ring.Find(ring.Current), key.Span, Place(name, ring.Current));
        return ValueTask.FromResult(new WrappedKey(name, ring.Current, bytes));
    }

    public ValueTask<byte[]> UnwrapAsync(WrappedKey wrapped, CancellationToken cancellationToken) =>
        ValueTask.FromResult(
            Envelope.Open(KeyOf(wrapped.Version, wrapped.Name), wrapped.Bytes, Place(wrapped.Name, wrapped.Version))
        );

    public ValueTask<byte[]> DeriveAsync(int version, string info, CancellationToken cancellationToken) =>
        ValueTask.FromResult(
            HKDF.DeriveKey(
                HashAlgorithmName.SHA256,
                KeyOf(version),
                Envelope.KeyBytes,
                info: Encoding.UTF8.GetBytes(info)
            )
        );

    /// <summary>Reads the file again. A ring that is wrong or gone leaves the one before in force (fault F29).</summary>
    internal bool Reload()
    {
        if (_options.Path is null)
        {
            return false;
        }

        var (ring, mistakes) = KeyRing.Read(_options);
        if (ring is null)
        {
            var mistake = string.Join(' ', mistakes);
            if (Interlocked.Exchange(ref _lastMistake, mistake) != mistake)
            {
                Log.Kept(_logger, mistake);
            }

            return false;
        }

        _lastMistake = null;
        if (ring.IsSameAs(_ring))
        {
            return false;
        }

        _ring = ring;
        Log.Changed(_logger, ring);
        return true;
    }

    private static string Place(string name, int version) => $"owner-key|{name}|{version}";

    private byte[] KeyOf(int version, string? name = null)
    {
        if (_ring.Find(version) is { } key)
        {
            return key;
        }

        // Another replica may have read the new file first.
        Reload();
        if (_ring.Find(version) is { } newKey)
        {
            return newKey;
        }

        var retired = _ring.IsRetired(version);
        _metrics.RefusedKey(retired ? "retired" : "unknown");
        Log.Refused(_logger, version, retired ? "retired" : "not in the key ring");
        throw new KeyUnavailableException(version, retired, name);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The key ring changed: {Ring}")]
        public static partial void Changed(ILogger logger, KeyRing ring);

        [LoggerMessage(LogLevel.Error, "The key ring cannot be read again; the one before stays in force. {Mistake}")]
        public static partial void Kept(ILogger logger, string mistake);

        [LoggerMessage(LogLevel.Error, "Refused to use key version {Version}: it is {Why}")]
        public static partial void Refused(ILogger logger, int version, string why);
    }
}
