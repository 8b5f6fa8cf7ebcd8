namespace Partner.Gateway.Ingest;

internal sealed class IngestOptions
{
    public const string SectionName = "Ingest";

    /// <summary>
    /// Take the key from the URL too, as clients send it that have no header for it: <c>?api_key=</c>,
    /// <c>?dd-api-key=</c>, <c>/v1/input/{key}</c>, <c>/agent/{key}/</c>, <c>{key}.agent.</c> before the host name. It
    /// is never passed on or written down here, but an ingress in front of the gateway may log URLs, and resolvers see
    /// host names: switch it off where no client needs it.
    /// </summary>
    public bool AcceptKeyInUrl { get; init; } = true;

    /// <summary>
    /// Read incidents with an ingest key, where the connection's grant has <c>incident_read</c>. Off: such a key lies in
    /// clients and log drains, and one that leaks can append and no more.
    /// </summary>
    public bool IncidentReads { get; init; }
}
