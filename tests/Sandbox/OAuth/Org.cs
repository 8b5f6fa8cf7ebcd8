using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Partner.Sandbox.OAuth;

/// <summary>A customer's Datadog org, with one user in it.</summary>
public sealed class Org
{
    private readonly Lock _lock = new();
    private readonly List<ApiKey> _keys = [];

    internal Org(Site site, string name, string? subDomain, bool canCreateKeys, IReadOnlyList<string>? allowedScopes)
    {
        Site = site;
        Name = name;
        SubDomain = subDomain;
        CanCreateKeys = canCreateKeys;
        AllowedScopes = allowedScopes;

        // An id of another form than the UUID: whether dd_oid equals it is ND (datadog-facts 9.5).
        var hash = SHA256.HashData(Encoding.ASCII.GetBytes(Id));
        Oid = (BinaryPrimitives.ReadUInt64BigEndian(hash) % 1_000_000_000).ToString(CultureInfo.InvariantCulture);
    }

    public Site Site { get; }

    public string Name { get; }

    public string Id { get; } = Guid.CreateVersion7().ToString();

    public string Oid { get; }

    public string UserId { get; } = Guid.CreateVersion7().ToString();

    /// <summary>The label of the customer's own app host.</summary>
    public string? SubDomain { get; }

    public bool CanCreateKeys { get; }

    /// <summary>
    /// What the org's admins let any OAuth client have, and grants that are there already (datadog-facts 2.7); null is
    /// everything.
    /// </summary>
    public IReadOnlyList<string>? AllowedScopes { get; set; }

    public bool AppDisabled { get; set; }

    /// <summary>Of its one user. What becomes of the tokens is ND (datadog-facts 9.11): they sleep here.</summary>
    public bool UserDisabled { get; set; }

    /// <summary>Whether otlp.{site} takes its spans (datadog-facts 3.6d).</summary>
    public bool OtlpAllowed { get; set; } = true;

    /// <summary>
    /// The host that its people type. A sub-domain of their own hangs below the registered domain, with no trace of the
    /// region (datadog-facts 1.3).
    /// </summary>
    public string AppHost =>
        SubDomain is null ? Site.AppHost : string.Join('.', [SubDomain, .. Site.Parameter.Split('.')[^2..]]);

    public IReadOnlyList<ApiKey> Keys
    {
        get
        {
            lock (_lock)
            {
                return [.. _keys];
            }
        }
    }

    public bool IsCalled(string idOidOrName) => idOidOrName == Id || idOidOrName == Oid || idOidOrName == Name;

    /// <summary>Makes the client's key, or null while a live one exists (datadog-facts 2.8).</summary>
    internal ApiKey? MintKey(Client client, DateTimeOffset now, DateTimeOffset activeAt)
    {
        lock (_lock)
        {
            if (_keys.Exists(key => key.ClientId == client.Id && key.Live))
            {
                return null;
            }

            return AddKey(new ApiKey(this, client.Id, client.KeyName, now, activeAt));
        }
    }

    internal ApiKey AddKey(ApiKey key)
    {
        lock (_lock)
        {
            _keys.Add(key);
            return key;
        }
    }
}

/// <summary>An API key of an org. Its value is shown in the answer that made it, and nowhere else.</summary>
public sealed class ApiKey(Org org, string? clientId, string name, DateTimeOffset createdAt, DateTimeOffset activeAt)
{
    public string Id { get; } = Guid.CreateVersion7().ToString();

    public Org Org { get; } = org;

    /// <summary>Null: made by the org's own people.</summary>
    public string? ClientId { get; } = clientId;

    public string Name { get; } = name;

    public DateTimeOffset CreatedAt { get; } = createdAt;

    public DateTimeOffset ActiveAt { get; } = activeAt;

    public bool Live { get; set; } = true;

    public string Last4 => Value[^4..];

    internal string Value { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
}
