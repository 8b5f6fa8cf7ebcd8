namespace Partner.Gateway.Keys;

/// <summary>Reads keys and credentials from auth, and tells auth of their use.</summary>
internal sealed class AuthFeedClient(HttpClient http)
{
    /// <summary>One page takes no longer, so that a lost answer does not delay a revocation past 5 s.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(4);

    public async Task<IngestKeyPage> ReadAsync(long after, CancellationToken cancellationToken) =>
        await http.GetFromJsonAsync<IngestKeyPage>($"internal/v1/ingest-keys?after={after}", cancellationToken)
        ?? throw new InvalidDataException("The feed of ingest keys answered null.");

    public async Task<PartnerCredentialList> ReadCredentialsAsync(CancellationToken cancellationToken) =>
        await http.GetFromJsonAsync<PartnerCredentialList>("internal/v1/partner-credentials", cancellationToken)
        ?? throw new InvalidDataException("The list of partner credentials is null.");

    public async Task ReportAsync(KeyUses uses, CancellationToken cancellationToken)
    {
        using var response = await http.PostAsJsonAsync("internal/v1/key-uses", uses, cancellationToken);
        response.EnsureSuccessStatusCode();
    }
}
