using System.Text.Json.Serialization;

namespace Partner.Contracts;

/// <summary>
/// The live credentials of the partner API that were made by it, all of them:
/// <c>GET /internal/v1/partner-credentials</c> of auth, permission <c>partner-credentials</c>.
/// </summary>
public sealed record PartnerCredentialList(IReadOnlyList<PartnerCredentialEntry> Credentials);

/// <summary>One credential as the gateway's door needs it.</summary>
/// <param name="Hash">SHA-256 of the token, lower-case hex.</param>
/// <param name="Role">One of <see cref="PartnerRoles"/>.</param>
public sealed record PartnerCredentialEntry(Guid Id, string Name, string Hash, string Role);

/// <summary>
/// What was used since the last report of the same gateway: <c>POST /internal/v1/key-uses</c> of auth, permission
/// <c>ingest-keys</c>. Unknown ids are ignored.
/// </summary>
public sealed record KeyUses(
    [property: JsonRequired] IReadOnlyList<Guid> IngestKeys,
    [property: JsonRequired] IReadOnlyList<Guid> Credentials
);
