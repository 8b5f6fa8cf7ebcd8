using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Partner.DatadogClient;
using Partner.Egress;

namespace Partner.Auth.Datadog;

/// <summary>Auth's requests to a site beside OAuth: the org of a token, the one API key, whether a key lives.</summary>
internal sealed partial class DatadogAccountClient(HttpClient http, ILogger<DatadogAccountClient> logger)
{
    /// <summary>Its published description asks for no permission beyond a valid token.</summary>
    public async Task<OrgAnswer> WhoAmIAsync(DatadogSite site, Secret accessToken, CancellationToken cancellationToken)
    {
        var (status, body, _) = await SendAsync(
            HttpMethod.Get,
            site,
            "/api/v2/current_user",
            Bearer(accessToken),
            cancellationToken
        );
        return status switch
        {
            HttpStatusCode.OK => OrgIn(body, "data", "relationships", "org", "data", "id") is { } org
                ? new OrgAnswer.Known(org)
                : new OrgAnswer.Unprovable(),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.NotFound =>
                new OrgAnswer.Unprovable(),
            _ => new OrgAnswer.TryLater(),
        };
    }

    /// <summary>Shown once: the caller has a place to keep the answer already.</summary>
    public async Task<MintAnswer> MintAsync(DatadogSite site, Secret accessToken, CancellationToken cancellationToken)
    {
        var (status, body, after) = await SendAsync(
            HttpMethod.Post,
            site,
            "/api/v2/api_keys/marketplace",
            Bearer(accessToken),
            cancellationToken
        );
        return status switch
        {
            HttpStatusCode.Created or HttpStatusCode.OK => TextIn(body, "data", "attributes", "key")
                is { Length: > 0 } key
            && TextIn(body, "data", "id") is { Length: > 0 } id
                ? new MintAnswer.Minted(id, new Secret(key))
                : new MintAnswer.TryLater(null),
            HttpStatusCode.Conflict => new MintAnswer.Exists(),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new MintAnswer.NotPermitted(),
            _ => new MintAnswer.TryLater(after),
        };
    }

    /// <summary>v2 names the key's org (datadog-facts 2.4); it is marked unstable, so v1 has the last word on
    /// validity.</summary>
    public async Task<KeyAnswer> ValidateAsync(DatadogSite site, StoredSecret key, CancellationToken cancellationToken)
    {
        if (key.Site is { } own && own != site.Parameter.Text)
        {
            Log.OfAnotherSite(logger, key.KeyId, own, site.Parameter.Text);
            return new KeyAnswer.OfAnotherSite();
        }

        var (status, body, _) = await SendAsync(
            HttpMethod.Get,
            site,
            "/api/v2/validate",
            ApiKey(key.Value),
            cancellationToken
        );
        if (status == HttpStatusCode.OK && OrgIn(body, "data", "id") is { } org)
        {
            return new KeyAnswer.Valid(org);
        }

        (status, _, _) = await SendAsync(
            HttpMethod.Get,
            site,
            "/api/v1/validate",
            ApiKey(key.Value),
            cancellationToken
        );
        return status switch
        {
            HttpStatusCode.OK => new KeyAnswer.Valid(null),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new KeyAnswer.Rejected(),
            _ => new KeyAnswer.Unknown(),
        };
    }

    // Tokens go in Authorization, keys in DD-API-KEY, nothing in a query (security 30).
    private static Action<HttpRequestMessage> Bearer(Secret token) =>
        request => request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Reveal());

    private static Action<HttpRequestMessage> ApiKey(Secret key) =>
        request => request.Headers.Add("DD-API-KEY", key.Reveal());

    private async Task<(HttpStatusCode? Status, byte[] Body, TimeSpan? After)> SendAsync(
        HttpMethod method,
        DatadogSite site,
        string path,
        Action<HttpRequestMessage> authorize,
        CancellationToken cancellationToken
    )
    {
        using var request = new HttpRequestMessage(method, $"https://{site.Hosts[Product.Api]}{path}");
        authorize(request);
        try
        {
            using var response = await http.SendAsync(request, cancellationToken);
            return (
                response.StatusCode,
                await response.Content.ReadJsonAsync(cancellationToken),
                RateLimitHeaders.WaitIn(response.Headers, DatadogOAuthClient.LongestWait)
            );
        }
        catch (Exception exception)
            when (exception is HttpRequestException or IOException or EgressRefusedException
                || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            )
        {
            return (null, [], null);
        }
    }

    private static string? OrgIn(byte[] body, params ReadOnlySpan<string> path) =>
        Guid.TryParse(TextIn(body, path), out var org) ? org.ToString() : null;

    private static string? TextIn(byte[] body, params ReadOnlySpan<string> path)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var element = document.RootElement;
            foreach (var name in path)
            {
                if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element))
                {
                    return null;
                }
            }

            return element.ValueKind == JsonValueKind.String ? element.GetString() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Error,
            "API key {KeyId} is of {KeySite}, not of {Site}: a row was changed. Nothing was sent."
        )]
        public static partial void OfAnotherSite(ILogger logger, string? keyId, string keySite, string site);
    }
}
