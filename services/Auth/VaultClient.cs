using System.Net;

namespace Partner.Auth;

/// <summary>
/// The vault, which keeps every secret that Auth gets. All its calls may be repeated, so a moment without it is bridged
/// here: a code of Datadog's cannot be exchanged again. A longer outage throws; the caller's request becomes 503.
/// </summary>
internal sealed class VaultClient(HttpClient http, TimeProvider time)
{
    private static readonly TimeSpan[] Pauses = [TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(400)];

    public async Task<Owner> ReserveAsync(OwnerReservation reservation, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(
            HttpMethod.Post,
            "owners",
            reservation.Connection,
            reservation,
            cancellationToken
        );
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<Owner>(cancellationToken))!;
    }

    /// <summary>False: a newer one, or another of the same version, is stored, or the owner was shredded
    /// meanwhile.</summary>
    public async Task<bool> StoreAsync(
        OwnerId owner,
        string kind,
        StoredSecret secret,
        ConnectionId connection,
        CancellationToken cancellationToken
    )
    {
        using var response = await SendAsync(
            HttpMethod.Put,
            $"owners/{owner}/secrets/{kind}",
            connection,
            secret,
            cancellationToken
        );
        if (response.StatusCode is HttpStatusCode.Conflict or HttpStatusCode.NotFound)
        {
            return false;
        }

        response.EnsureSuccessStatusCode();
        return true;
    }

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
        using var response = await SendAsync<object>(
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

        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<StoredSecret>(cancellationToken);
    }

    /// <summary>False: another tenant sends to this org.</summary>
    public async Task<bool> AttachAsync(ConnectionId connection, ApiKeyOwner owner, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(
            HttpMethod.Put,
            $"connections/{connection}/api-key-owner",
            connection,
            owner,
            cancellationToken
        );
        if (response.StatusCode == HttpStatusCode.Conflict)
        {
            return false;
        }

        response.EnsureSuccessStatusCode();
        return true;
    }

    /// <summary>From here on the connection reaches no API key. Shreds the one that no other connection uses.</summary>
    public Task DetachAsync(ConnectionId connection, CancellationToken cancellationToken) =>
        DeleteAsync($"connections/{connection}/api-key-owner", connection, cancellationToken);

    public Task ShredAsync(OwnerId owner, ConnectionId connection, CancellationToken cancellationToken) =>
        DeleteAsync($"owners/{owner}", connection, cancellationToken);

    public async Task<SealingKeys> SealingKeysAsync(CancellationToken cancellationToken) =>
        (await http.GetFromJsonAsync<SealingKeys>("/internal/v1/sealing-keys", cancellationToken))!;

    public async Task AuditAsync(AuditEvent happened, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(
            HttpMethod.Post,
            "audit",
            happened.Connection,
            happened,
            cancellationToken
        );
        response.EnsureSuccessStatusCode();
    }

    public async Task<AuditPage> ReadAuditAsync(
        AuditChainId chain,
        long after,
        int limit,
        CancellationToken cancellationToken
    )
    {
        using var response = await SendAsync<object>(
            HttpMethod.Get,
            $"audit/{chain}?after={after}&limit={limit}",
            chain,
            null,
            cancellationToken
        );
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<AuditPage>(cancellationToken))!;
    }

    private async Task DeleteAsync(string path, ConnectionId connection, CancellationToken cancellationToken)
    {
        using var response = await SendAsync<object>(HttpMethod.Delete, path, connection, null, cancellationToken);
        if (response.StatusCode != HttpStatusCode.NotFound)
        {
            response.EnsureSuccessStatusCode();
        }
    }

    private async Task<HttpResponseMessage> SendAsync<T>(
        HttpMethod method,
        string path,
        AuditChainId of,
        T? body,
        CancellationToken cancellationToken
    )
        where T : class
    {
        for (var attempt = 0; ; attempt++)
        {
            using var request = new HttpRequestMessage(method, $"/internal/v1/{path}")
            {
                Content = body is null ? null : JsonContent.Create(body),
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
