using System.Net.Http.Headers;
using Partner.DatadogClient;
using Partner.Egress;

namespace Partner.Incidents;

/// <summary>The outcome of one call to Datadog.</summary>
internal abstract record CallOutcome
{
    public sealed record Answered(DatadogAnswer Answer) : CallOutcome;

    /// <summary>Datadog has not seen it.</summary>
    public sealed record NotSent(DatadogAnswer Why) : CallOutcome;

    /// <summary>Datadog may have done it.</summary>
    public sealed record Unknown(string Reason) : CallOutcome;
}

/// <summary>Calls to a connection's site with its token, through the guard of Egress.</summary>
internal sealed class DatadogCalls(HttpClient http, GrantedCalls granted, SiteRegistry sites)
{
    /// <param name="route">The endpoint's, the same for every id: a grant is open to it or not.</param>
    public async Task<CallOutcome> SendAsync(
        ConnectionId connection,
        HttpMethod method,
        string route,
        string pathAndQuery,
        byte[]? body,
        CancellationToken cancellationToken
    )
    {
        CallOutcome outcome = NotSent(403, "There is no grant; the customer has to authorise again.");
        try
        {
            await granted.SendAsync(
                new GrantedCall(connection, $"{method} {route}"),
                async token =>
                {
                    // The site that issued the token, even if the connection names another one meanwhile.
                    outcome = sites.Find(token.Site)?.HostFor(Product.Api) is { } host
                        ? await SendAsync(method, host, pathAndQuery, body, token.Value, cancellationToken)
                        : NotSent(503, "The connection's site is not served here.");
                    return outcome is CallOutcome.Answered { Answer.Status: 401 };
                },
                cancellationToken
            );
            return outcome;
        }
        catch (Exception exception)
            when (exception is HttpRequestException or TimeoutException or OperationCanceledException)
        {
            // From Auth: nothing was sent, or it was refused.
            return NotSent(503, "There is no access token at the moment.", TimeSpan.FromSeconds(5));
        }
    }

    private async Task<CallOutcome> SendAsync(
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
            // A server behind the one that answers 408 or 5xx may have done it (datadog-facts 3.8).
            return answer.Status is 408 or >= 500
                ? new CallOutcome.Unknown($"{answer.Status}")
                : new CallOutcome.Answered(answer);
        }
        catch (EgressRefusedException)
        {
            return NotSent(503, "Datadog cannot be reached.");
        }
        catch (Exception exception) when (!exception.MayHaveArrived())
        {
            return NotSent(503, "Datadog cannot be reached.", TimeSpan.FromSeconds(5));
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

    private static CallOutcome.NotSent NotSent(int status, string why, TimeSpan? after = null) =>
        new(DatadogAnswer.Error(status, why, after));
}
