using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Partner.DatadogClient;
using Partner.Egress;

namespace Partner.SiteRouter.Datadog;

/// <summary>A walk's call, with one token for all pages.</summary>
internal sealed record PagedReadState(Call Call, HttpMethod Method, GrantedCall Granted);

/// <summary>A page, or why there is none.</summary>
/// <param name="Refusal">Datadog's own word, where it is one.</param>
internal sealed record DatadogPage(
    JsonDocument? Document,
    CallProblem? Failure = null,
    HttpResponseMessage? Refusal = null
) : IDisposable
{
    public JsonElement? Content => Document?.RootElement;

    public void Dispose()
    {
        Document?.Dispose();
        Refusal?.Dispose();
    }
}

/// <summary>Asks for pages through the guard: waits for a limit if that is not long, and tries once more what may pass.</summary>
internal sealed class PageClient(
    HttpClient http,
    GrantedCalls granted,
    RateShare share,
    IOptions<SiteRouterOptions> options,
    TimeProvider time
)
{
    private const int Attempts = 3;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public async Task<DatadogPage> AskAsync(PagedReadState state, PageCursor pages, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var page = await TryAsync(state, pages, cancellationToken);
            var wait = page.Failure?.Status switch
            {
                429 => page.Failure.RetryAfter,
                500 or 502 or 503 or 504 => Pause,
                _ => null,
            };
            if (
                wait is not { } pause
                || pause > options.Value.MaxPause
                || attempt == Attempts
                || page.Failure == CallProblem.NoGrant
            )
            {
                return page;
            }

            page.Dispose();
            await Task.Delay(pause, time, cancellationToken);
        }
    }

    private async Task<DatadogPage> TryAsync(
        PagedReadState state,
        PageCursor pages,
        CancellationToken cancellationToken
    )
    {
        try
        {
            DatadogPage? page = null;
            var use = await granted.SendAsync(
                state.Granted,
                async token => (page = await SendAsync(state, pages, token, cancellationToken)) is null,
                cancellationToken
            );
            return use switch
            {
                GrantUse.Missing => new DatadogPage(null, CallProblem.NoGrant),
                GrantUse.Refused => new DatadogPage(null, CallProblem.NotAccepted),
                _ => page!,
            };
        }
        catch (EgressRefusedException)
        {
            return new DatadogPage(null, CallProblem.CredentialInQuery);
        }
        catch (JsonException)
        {
            return new DatadogPage(null, CallProblem.UnreadablePage);
        }
        catch (Exception exception)
            when (exception is HttpRequestException or TimeoutException or IOException
                || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            )
        {
            return new DatadogPage(null, CallProblem.Unreachable);
        }
    }

    /// <returns>Null: Datadog said 401.</returns>
    private async Task<DatadogPage?> SendAsync(
        PagedReadState state,
        PageCursor pages,
        AccessToken token,
        CancellationToken cancellationToken
    )
    {
        var call = state.Call;
        if (token.Site != call.Site.Parameter.Text)
        {
            return new DatadogPage(null, CallProblem.TokenOfAnotherSite);
        }

        var turn = share.Ask(call.Connection, call.Endpoint);
        return turn is RateTurn.Go go
            ? await ReadAsync(state, pages, token, go, cancellationToken)
            : new DatadogPage(null, CallProblem.ShareUsed(((RateTurn.Wait)turn).Limit));
    }

    private async Task<DatadogPage?> ReadAsync(
        PagedReadState state,
        PageCursor pages,
        AccessToken token,
        RateTurn.Go turn,
        CancellationToken cancellationToken
    )
    {
        using var request = Request(state, pages, token);
        HttpResponseMessage? response = null;
        try
        {
            response = await http.SendAsync(request, cancellationToken);
        }
        finally
        {
            turn.Learn(response is null ? null : RateLimitHeaders.Of(response.Headers, (int)response.StatusCode));
        }

        if ((int)response.StatusCode == StatusCodes.Status401Unauthorized)
        {
            response.Dispose();
            return null;
        }

        if (!response.IsSuccessStatusCode)
        {
            var limit = RateLimitHeaders.Of(response.Headers, (int)response.StatusCode);
            return (int)response.StatusCode is >= 300 and < 400
                ? new DatadogPage(null, CallProblem.Redirect, null)
                : new DatadogPage(null, Refused((int)response.StatusCode, limit), response);
        }

        using (response)
        {
            await using var content = await response.Content.ReadAsStreamAsync(cancellationToken);
            return new DatadogPage(await JsonDocument.ParseAsync(content, cancellationToken: cancellationToken));
        }
    }

    private static CallProblem Refused(int status, RateLimitHeaders? limit) =>
        new(
            status,
            status == 429 ? "too-many-requests" : "datadog-refused",
            $"Datadog answered {status}.",
            limit?.Reset
        );

    private static HttpRequestMessage Request(PagedReadState state, PageCursor pages, AccessToken token)
    {
        var (call, body) = (state.Call, pages.Body);
        var request = new HttpRequestMessage(
            state.Method,
            new Uri($"https://{call.Host}{call.Target.Path}{pages.Query}")
        );
        request.Headers.Authorization = CallHeaders.Bearer(token);
        request.Headers.Accept.Add(new("application/json"));
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        return request;
    }
}
