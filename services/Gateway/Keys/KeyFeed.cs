using Partner.Contracts;

namespace Partner.Gateway.Keys;

/// <summary>Auth's change feed of ingest keys.</summary>
internal sealed class KeyFeed(HttpClient http)
{
    /// <summary>One page takes no longer, so that a lost answer does not delay a revocation past 5 s.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(4);

    public async Task<IngestKeyPage> ReadAsync(long after, CancellationToken cancellationToken) =>
        await http.GetFromJsonAsync<IngestKeyPage>($"internal/v1/ingest-keys?after={after}", cancellationToken)
        ?? throw new InvalidDataException("The feed of ingest keys answered null.");
}
