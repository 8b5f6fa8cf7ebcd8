namespace Partner.Gateway.Ingest;

internal sealed class IngestOptions
{
    public const string SectionName = "Ingest";

    /// <summary>
    /// Take the key from <c>?api_key=</c> or <c>?dd-api-key=</c> too, as old clients and log drains send it. It is never passed on or written down
    /// here, but an ingress in front of the gateway may log URLs: switch it off where no client needs it.
    /// </summary>
    public bool AcceptQueryKey { get; init; } = true;
}
