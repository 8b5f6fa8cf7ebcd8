namespace Partner.Contracts;

/// <summary>
/// Appends to a connection's audit chain: <c>POST /internal/v1/audit</c> of vault, permission <c>audit</c>. Never holds
/// a secret. Event names are dotted: <c>connection.connected</c>, <c>token.refresh_failed</c>, <c>api_key.minted</c>.
/// </summary>
public sealed record AuditEvent(
    AuditChainId Connection,
    string Event,
    string Actor,
    IReadOnlyDictionary<string, string>? Details = null
);

/// <summary>
/// Answer of <c>GET /internal/v1/audit/{connection}?after={seq}&amp;limit={1..500}</c> of vault, permission
/// <c>audit-read</c>. Ask again with the last seq while <see cref="More"/>.
/// </summary>
public sealed record AuditPage(AuditChainId Connection, IReadOnlyList<AuditTrailEntry> Entries, bool More);

// The partner API shows it as it is, name and comments too.
/// <param name="Event">A dotted name: <c>connection.connected</c>, <c>ingest_key.created</c>.</param>
/// <param name="Service">The service that wrote it.</param>
/// <param name="Actor">On whose behalf: <c>partner:</c> and the credential, or the service itself.</param>
/// <param name="Mac">Kept elsewhere, it proves later that the trail up to here was not put back or removed.</param>
public sealed record AuditTrailEntry(
    long Seq,
    DateTimeOffset At,
    string Event,
    string Service,
    string Actor,
    IReadOnlyDictionary<string, string> Details,
    string Mac
);
