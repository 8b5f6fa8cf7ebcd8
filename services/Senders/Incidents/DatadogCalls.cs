using System.Net.Http.Headers;
using Partner.Contracts;
using Partner.Egress;
using Partner.Sending.Upstream;
using Partner.ServiceDefaults;

namespace Partner.Incidents;

/// <summary>What one call to Datadog came to.</summary>
internal abstract record CallOutcome
{
    public sealed record Answered(DatadogAnswer Answer) : CallOutcome;

    /// <summary>Datadog has not seen it.</summary>
    public sealed record NotSent(DatadogAnswer Why) : CallOutcome;

    /// <summary>Datadog may have done it.</summary>
    public sealed record Unknown(string Reason) : CallOutcome;
}

/// <summary>Whose name a call is made in.</summary>
internal sealed class TokenClient(HttpClient http)
{
    /// <returns>Null: there is no grant.</returns>
    public async Task<AccessToken?> FindAsync(ConnectionId connection, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get,
            $"/internal/v1/connections/{connection.Text}/access-token"
        ).With(new ServiceClaims(connection.Text));
        using var response = await http.SendAsync(request, cancellationToken);
        return (int)response.StatusCode is 404 or 409
            ? null
            : await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<AccessToken>(cancellationToken);
    }
}

/// <summary>One request to Datadog, through the guard of Egress.</summary>
internal sealed class DatadogClient(HttpClient http)
{
    public async Task<CallOutcome> SendAsync(
        HttpMethod method,
        string host,
        string pathAndQuery,
        byte[]? body,
        Secret token,
        CancellationToken cancellationToken
    )
    {
        using var request = new HttpRequestMessage(method, $"https://{host}{pathAndQuery}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Reveal());
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } };
        }

        try
        {
            using var response = await http.SendAsync(request, cancellationToken);
            var answer = new DatadogAnswer(
                (int)response.StatusCode,
                response.Content.Headers.ContentType?.ToString(),
                await response.Content.ReadAsByteArrayAsync(cancellationToken),
                [.. RateLimit(response.Headers)]
            );
            // Behind a 408 or 5xx may stand somebody who did it (datadog-facts 3.8).
            return answer.Status is 408 or >= 500
                ? new CallOutcome.Unknown($"{answer.Status}")
                : new CallOutcome.Answered(answer);
        }
        catch (EgressRefusedException)
        {
            return new CallOutcome.NotSent(DatadogAnswer.Error(503, "Datadog cannot be reached."));
        }
        catch (HttpRequestException exception) when (IsBeforeSending(exception.HttpRequestError))
        {
            return new CallOutcome.NotSent(
                DatadogAnswer.Error(503, "Datadog cannot be reached.", TimeSpan.FromSeconds(5))
            );
        }
        catch (Exception exception)
            when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            return new CallOutcome.Unknown(exception.GetType().Name);
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> RateLimit(HttpResponseHeaders headers) =>
        headers
            .Where(h => h.Key.StartsWith("X-RateLimit-", StringComparison.OrdinalIgnoreCase) || h.Key == "Retry-After")
            .Select(h => KeyValuePair.Create(h.Key, string.Join(',', h.Value)));

    private static bool IsBeforeSending(HttpRequestError error) =>
        error
            is HttpRequestError.ConnectionError
                or HttpRequestError.NameResolutionError
                or HttpRequestError.SecureConnectionError
                or HttpRequestError.ProxyTunnelError;
}

/// <summary>Calls to a connection's site with its token. One 401 is answered with a refresh and one more call.</summary>
internal sealed partial class DatadogCalls(IServiceProvider services, SiteRegistry sites, ILogger<DatadogCalls> logger)
{
    public async Task<CallOutcome> SendAsync(
        ConnectionId connection,
        HttpMethod method,
        string pathAndQuery,
        byte[]? body,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var token = await TokenAsync(connection, cancellationToken);
            var outcome = await SendAsync(token, method, pathAndQuery, body, cancellationToken);
            if (outcome is not CallOutcome.Answered { Answer.Status: 401 })
            {
                return outcome;
            }

            // Auth refreshes the token where that is not just done, and finds out whether the grant still lives.
            await services.GetRequiredService<ConnectionCheckClient>().CheckAsync(connection, null, cancellationToken);
            var fresh = await TokenAsync(connection, cancellationToken);
            Log.Refused(logger, connection);
            return fresh is null || fresh.Value.Equals(token!.Value)
                ? outcome
                : await SendAsync(fresh, method, pathAndQuery, body, cancellationToken);
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            // From Auth: nothing was sent, or it was refused.
            return new CallOutcome.NotSent(
                DatadogAnswer.Error(503, "There is no access token at the moment.", TimeSpan.FromSeconds(5))
            );
        }
    }

    private Task<AccessToken?> TokenAsync(ConnectionId connection, CancellationToken cancellationToken) =>
        services.GetRequiredService<TokenClient>().FindAsync(connection, cancellationToken);

    private async Task<CallOutcome> SendAsync(
        AccessToken? token,
        HttpMethod method,
        string pathAndQuery,
        byte[]? body,
        CancellationToken cancellationToken
    )
    {
        if (token is null)
        {
            return new CallOutcome.NotSent(
                DatadogAnswer.Error(403, "There is no grant; the customer has to authorise again.")
            );
        }

        // The site that the token was given by, whatever the connection says meanwhile.
        return sites.Find(token.Site)?.HostFor(Product.Api) is { } host
            ? await services
                .GetRequiredService<DatadogClient>()
                .SendAsync(method, host, pathAndQuery, body, token.Value, cancellationToken)
            : new CallOutcome.NotSent(DatadogAnswer.Error(503, "The connection's site is not served here."));
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "Datadog refused the access token of {Connection}; Auth was asked for another"
        )]
        public static partial void Refused(ILogger logger, ConnectionId connection);
    }
}
