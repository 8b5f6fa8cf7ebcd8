using Microsoft.Extensions.Options;
using Partner.DatadogClient;
using Partner.Egress;
using Yarp.ReverseProxy.Forwarder;

namespace Partner.SiteRouter.Datadog;

/// <summary>One request to the connection's own API host, streamed both ways.</summary>
internal sealed partial class DatadogForwarder(
    IHttpForwarder forwarder,
    DatadogInvoker datadog,
    GrantedCalls granted,
    RateShare share,
    IOptions<SiteRouterOptions> options,
    ILogger<DatadogForwarder> logger
)
{
    private readonly ForwarderRequestConfig _config = new()
    {
        ActivityTimeout = options.Value.DatadogTimeout,
        Version = System.Net.HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
    };

    public async Task RunAsync(HttpContext context, Call call)
    {
        if (await SendAsync(context, call) is { } problem && !context.Response.HasStarted)
        {
            context.Response.Clear();
            await problem.WriteAsync(context);
        }
    }

    /// <returns>Null: the answer has been passed on.</returns>
    private async Task<CallProblem?> SendAsync(HttpContext context, Call call)
    {
        var body = await ReplayableBody.TakeAsync(context.Request, context.RequestAborted);
        if (
            body.Kept is not { Length: 0 }
            && (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method))
        )
        {
            return CallProblem.BodyOfARead;
        }

        var (unauthorized, problem) = (false, (CallProblem?)null);
        var use = await granted.SendAsync(
            new GrantedCall(call.Connection, call.Endpoint.Key),
            async token =>
            {
                if (unauthorized && !body.CanReplay)
                {
                    problem = CallProblem.SendAgain;
                    return false;
                }

                if (unauthorized)
                {
                    body.Rewind();
                    // The forwarder takes only a request that has no answer yet.
                    context.Response.Clear();
                }

                (unauthorized, problem) = await SendAsync(context, call, token);
                return unauthorized;
            },
            context.RequestAborted
        );
        return use switch
        {
            GrantUse.Missing => CallProblem.NoGrant,
            GrantUse.Refused => CallProblem.NotAccepted,
            _ => problem,
        };
    }

    private async Task<(bool Unauthorized, CallProblem? Problem)> SendAsync(
        HttpContext context,
        Call call,
        AccessToken token
    )
    {
        if (token.Site != call.Site.Parameter.Text)
        {
            return (false, CallProblem.TokenOfAnotherSite);
        }

        var turn = share.Ask(call.Connection, call.Endpoint);
        return turn is RateTurn.Go go
            ? await SendAsync(context, call, token, go)
            : (false, CallProblem.ShareUsed(((RateTurn.Wait)turn).Limit));
    }

    private async Task<(bool Unauthorized, CallProblem? Problem)> SendAsync(
        HttpContext context,
        Call call,
        AccessToken token,
        RateTurn.Go turn
    )
    {
        var transformer = new CallTransformer(call, token);
        var error = ForwarderError.None;
        try
        {
            error = await forwarder.SendAsync(context, $"https://{call.Host}", datadog.Invoker, _config, transformer);
        }
        finally
        {
            turn.Learn(transformer.Limit);
        }

        return (transformer.Unauthorized, transformer.Problem ?? Problem(context, call, error));
    }

    private CallProblem? Problem(HttpContext context, Call call, ForwarderError error)
    {
        if (error == ForwarderError.None)
        {
            return null;
        }

        var exception = context.Features.Get<IForwarderErrorFeature>()?.Exception;
        Log.Failed(logger, call.Connection, call.Endpoint.Key, error, exception?.GetType().Name);
        return exception switch
        {
            _ when BodyRefused(exception) is { } refused => CallProblem.BadBody(refused.StatusCode),
            _ when error == ForwarderError.RequestCreation => CallProblem.CannotForward,
            EgressRefusedException => CallProblem.CredentialInQuery,
            not null when !exception.MayHaveArrived() => CallProblem.Unreachable,
            _ => call.Endpoint.Reads(context.Request.Method) ? CallProblem.Unreachable : CallProblem.OutcomeUnknown,
        };
    }

    private static BadHttpRequestException? BodyRefused(Exception? exception) =>
        exception switch
        {
            BadHttpRequestException refused => refused,
            AggregateException many => many.InnerExceptions.Select(BodyRefused).FirstOrDefault(e => e is not null),
            _ => exception?.InnerException is { } inner ? BodyRefused(inner) : null,
        };

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "No answer of Datadog's for {Connection} at {Endpoint}: {Error}, {Exception}")]
        public static partial void Failed(
            ILogger logger,
            ConnectionId connection,
            string endpoint,
            ForwarderError error,
            string? exception
        );
    }
}

/// <summary>What the forwarder sends and passes back.</summary>
internal sealed class CallTransformer(Call call, AccessToken token) : HttpTransformer
{
    public bool Unauthorized { get; private set; }

    public CallProblem? Problem { get; private set; }

    public RateLimitHeaders? Limit { get; private set; }

    // The base would copy every header.
    public override ValueTask TransformRequestAsync(
        HttpContext httpContext,
        HttpRequestMessage proxyRequest,
        string destinationPrefix,
        CancellationToken cancellationToken
    )
    {
        proxyRequest.RequestUri = new Uri(destinationPrefix + call.Target.Path + call.Target.Query);
        CallHeaders.CopyRequest(httpContext.Request.Headers, proxyRequest);
        if (proxyRequest.Content is { } content && httpContext.Request.ContentLength is { } length)
        {
            content.Headers.ContentLength = length;
        }

        proxyRequest.Headers.Authorization = CallHeaders.Bearer(token);
        return ValueTask.CompletedTask;
    }

    public override ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext,
        HttpResponseMessage? proxyResponse,
        CancellationToken cancellationToken
    )
    {
        if (proxyResponse is null)
        {
            return ValueTask.FromResult(false);
        }

        var status = (int)proxyResponse.StatusCode;
        Limit = RateLimitHeaders.Of(proxyResponse.Headers, status);
        Unauthorized = status == StatusCodes.Status401Unauthorized;
        Problem = status is >= 300 and < 400 and not StatusCodes.Status304NotModified ? CallProblem.Redirect : null;
        if (Unauthorized || Problem is not null)
        {
            // Nothing of it has been written: the status, which the forwarder has set, is overwritten by what follows.
            proxyResponse.Dispose();
            return ValueTask.FromResult(false);
        }

        CallHeaders.CopyAnswer(proxyResponse, httpContext.Response);
        DatadogClientsMetadata.Mark(httpContext);
        return ValueTask.FromResult(true);
    }

    public override ValueTask TransformResponseTrailersAsync(
        HttpContext httpContext,
        HttpResponseMessage proxyResponse,
        CancellationToken cancellationToken
    ) => ValueTask.CompletedTask;
}
