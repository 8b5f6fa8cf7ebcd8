using System.Net;

namespace Partner.Auth;

/// <summary>
/// The vault, which keeps every secret that Auth gets. All its calls may be repeated, so a moment without it is bridged
/// here: a code of Datadog's cannot be exchanged again. A longer outage throws; the caller's request becomes 503.
/// </summary>
internal sealed class VaultClient(HttpClient http, TimeProvider time)
{
    private static readonly TimeSpan[] Pauses = [TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(400)];

    public Task<Owner> ReserveAsync(OwnerReservation reservation, CancellationToken cancellationToken) =>
        AskAsync<Owner>(HttpMethod.Post, "owners", reservation.Connection, reservation, cancellationToken);

    /// <summary>False: a newer one, or another of the same version, is stored, or the owner was shredded
    /// meanwhile.</summary>
    public Task<bool> StoreAsync(
        OwnerId owner,
        string kind,
        StoredSecret secret,
        ConnectionId connection,
        CancellationToken cancellationToken
    ) =>
        DoAsync(
            HttpMethod.Put,
            $"owners/{owner}/secrets/{kind}",
            connection,
            secret,
            cancellationToken,
            HttpStatusCode.Conflict,
            HttpStatusCode.NotFound
        );

    /// <summary>
    /// A key that was stored before its site was kept has just been taken there: it is stored again with it.
    /// </summary>
    public async Task RememberSiteAsync(
        OwnerId owner,
        StoredSecret key,
        string site,
        ConnectionId connection,
        CancellationToken cancellationToken
    )
    {
        if (key.Site is null)
        {
            var whole = key with { Version = key.Version + 1, Site = site };
            await StoreAsync(owner, SecretKinds.ApiKey, whole, connection, cancellationToken);
        }
    }

    public async Task<StoredSecret?> ReadAsync(
        OwnerId owner,
        string kind,
        ConnectionId connection,
        CancellationToken cancellationToken
    )
    {
        using var response = await SendAsync(
            HttpMethod.Get,
            $"owners/{owner}/secrets/{kind}",
            connection,
            null,
            cancellationToken
        );
        if (response.StatusCode is HttpStatusCode.NotFound)
        {
            return null;
        }

        return await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<StoredSecret>(cancellationToken);
    }

    /// <summary>False: another tenant sends to this org.</summary>
    public Task<bool> AttachAsync(ConnectionId connection, ApiKeyOwner owner, CancellationToken cancellationToken) =>
        DoAsync(
            HttpMethod.Put,
            $"connections/{connection}/api-key-owner",
            connection,
            owner,
            cancellationToken,
            HttpStatusCode.Conflict
        );

    /// <summary>From here on the connection reaches no API key. Shreds the one that no other connection uses.</summary>
    public Task DetachAsync(ConnectionId connection, CancellationToken cancellationToken) =>
        DeleteAsync($"connections/{connection}/api-key-owner", connection, cancellationToken);

    public Task ShredAsync(OwnerId owner, ConnectionId connection, CancellationToken cancellationToken) =>
        DeleteAsync($"owners/{owner}", connection, cancellationToken);

    public async Task<SealingKeys> SealingKeysAsync(CancellationToken cancellationToken) =>
        (await http.GetFromJsonAsync<SealingKeys>("/internal/v1/sealing-keys", cancellationToken))!;

    public Task AuditAsync(AuditEvent happened, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Post, "audit", happened.Connection, happened, cancellationToken);

    public Task<AuditPage> ReadAuditAsync(
        AuditChainId chain,
        long after,
        int limit,
        CancellationToken cancellationToken
    ) =>
        AskAsync<AuditPage>(
            HttpMethod.Get,
            $"audit/{chain}?after={after}&limit={limit}",
            chain,
            null,
            cancellationToken
        );

    private Task DeleteAsync(string path, ConnectionId connection, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Delete, path, connection, null, cancellationToken, HttpStatusCode.NotFound);

    private async Task<T> AskAsync<T>(
        HttpMethod method,
        string path,
        AuditChainId of,
        object? body,
        CancellationToken cancellationToken
    )
    {
        using var response = await SendAsync(method, path, of, body, cancellationToken);
        return (await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<T>(cancellationToken))!;
    }

    /// <returns>False: the vault answered with one of <paramref name="refusals"/>.</returns>
    private async Task<bool> DoAsync(
        HttpMethod method,
        string path,
        AuditChainId of,
        object? body,
        CancellationToken cancellationToken,
        params HttpStatusCode[] refusals
    )
    {
        using var response = await SendAsync(method, path, of, body, cancellationToken);
        return !refusals.Contains(response.StatusCode) && response.EnsureSuccessStatusCode().IsSuccessStatusCode;
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method,
        string path,
        AuditChainId of,
        object? body,
        CancellationToken cancellationToken
    )
    {
        for (var attempt = 0; ; attempt++)
        {
            using var request = new HttpRequestMessage(method, $"/internal/v1/{path}")
            {
                Content = body is null ? null : JsonContent.Create(body, body.GetType()),
            };
            try
            {
                var response = await http.SendAsync(request.With(new ServiceClaims(of.Text)), cancellationToken);
                if (response.StatusCode != HttpStatusCode.ServiceUnavailable || attempt >= Pauses.Length)
                {
                    return response;
                }

                response.Dispose();
            }
            catch (HttpRequestException) when (attempt < Pauses.Length) { }

            await Task.Delay(Pauses[attempt], time, cancellationToken);
        }
    }
}

/// <summary>Kinds of secrets in the vault's paths.</summary>
internal static class SecretKinds
{
    public const string RefreshToken = "refresh-token";
    public const string ApiKey = "api-key";
}
