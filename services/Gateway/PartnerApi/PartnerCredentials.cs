using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Partner.Gateway.Keys;

namespace Partner.Gateway.PartnerApi;

/// <param name="Actor">How audit trails name it.</param>
/// <param name="Id">Null for one of the configuration.</param>
internal sealed record PartnerCredential(string Actor, string Role, Guid? Id = null)
{
    public UseMark Use { get; } = new();
}

/// <summary>
/// The bearer credentials of the partner: those of the configuration, and those that were made by the API, which a
/// poller keeps current. Found in the same time for every token (security 38): each is compared with.
/// </summary>
internal sealed class PartnerCredentials(
    IOptions<PartnerCredentialsOptions> options,
    IOptions<KeyTableOptions> tableOptions,
    TimeProvider time
)
{
    private const string Scheme = "Bearer ";
    private const string IssuedMark = "dap_";
    private const int IssuedLength = 47;

    private readonly (byte[] Hash, PartnerCredential Credential)[] _configured =
    [
        .. options.Value.Select(c =>
            (Hash(Encoding.UTF8.GetBytes(c.Value.Token)), new PartnerCredential(c.Key, c.Value.Role))
        ),
    ];

    private volatile (byte[] Hash, PartnerCredential Credential)[]? _issued;
    private long _confirmedAt;

    public IEnumerable<PartnerCredential> Issued => _issued?.Select(c => c.Credential) ?? [];

    /// <summary>Time since auth last told them; null before the first time.</summary>
    public TimeSpan? Age => _issued is null ? null : time.GetElapsedTime(Volatile.Read(ref _confirmedAt));

    public static string? TokenOf(string? authorization) =>
        authorization?.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) == true
            ? authorization[Scheme.Length..].Trim()
            : null;

    /// <summary>Whether the API could have made it: only then is auth asked about an unknown token.</summary>
    public static bool CouldBeIssued(string token) =>
        token.Length == IssuedLength && token.StartsWith(IssuedMark, StringComparison.Ordinal);

    public PartnerCredential? Find(string token)
    {
        // A header's characters are its bytes (PublicServer).
        var presented = Hash(Encoding.Latin1.GetBytes(token));
        var issued = Age <= tableOptions.Value.MaxAge ? _issued! : [];
        PartnerCredential? found = null;
        foreach (var (hash, credential) in _configured.Concat(issued))
        {
            found = CryptographicOperations.FixedTimeEquals(hash, presented) ? credential : found;
        }

        found?.Use.Set();
        return found;
    }

    /// <summary>All that live now; a credential that is not among them is refused from here on.</summary>
    public void Replace(IReadOnlyList<PartnerCredentialEntry> live)
    {
        var known = Issued.ToDictionary(credential => credential.Id!.Value);
        _issued =
        [
            .. live.Where(entry => PartnerRoles.All.Contains(entry.Role))
                .Select(entry =>
                    (
                        Convert.FromHexString(entry.Hash),
                        known.GetValueOrDefault(entry.Id)
                            ?? new PartnerCredential($"{entry.Name}/{entry.Id:N}", entry.Role, entry.Id)
                    )
                ),
        ];
        Volatile.Write(ref _confirmedAt, time.GetTimestamp());
    }

    private static byte[] Hash(byte[] token) => SHA256.HashData(token);
}

/// <summary>Keeps the credentials that were made by the API current.</summary>
internal sealed class CredentialPoller(
    AuthFeedClient feed,
    PartnerCredentials credentials,
    IOptions<KeyTableOptions> options,
    TimeProvider time,
    Func<double> jitter,
    ILogger<CredentialPoller> logger
) : ChangeFeedPoller("Partner credentials", feed, options, time, jitter, logger)
{
    protected override TimeSpan? Age => credentials.Age;

    protected override async Task ReadAsync(AuthFeedClient feed, CancellationToken cancellationToken) =>
        credentials.Replace((await feed.ReadCredentialsAsync(cancellationToken)).Credentials);
}
