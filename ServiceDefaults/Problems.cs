using System.Data.Common;
using System.Diagnostics;
using System.Net.Sockets;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Partner.ServiceDefaults;

/// <summary>
/// A service's reaction when a request found that something it needs is unavailable; registered as a singleton. A
/// database's service drops its pooled connections: after a crash each of them would fail one more request.
/// </summary>
public sealed record OnUnavailable(Action<Exception> React);

/// <summary>
/// Errors as ProblemDetails: a stable <c>type</c>, a <c>traceId</c> to find the details in the logs by, and nothing
/// internal (security 49).
/// </summary>
public static partial class Problems
{
    /// <summary>Seconds that a client is asked to wait when something that this service needs is down.</summary>
    public const int RetryAfterSeconds = 5;

    /// <summary>A wait as Retry-After says it: whole seconds, not too few, at least one.</summary>
    public static long WholeSeconds(TimeSpan wait) => Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds));

    internal static void AddProblems(this IServiceCollection services)
    {
        services.AddProblemDetails(options =>
            options.CustomizeProblemDetails = context =>
            {
                var status = context.ProblemDetails.Status ?? context.HttpContext.Response.StatusCode;
                if (context.ProblemDetails.Type?.StartsWith("http", StringComparison.Ordinal) ?? true)
                {
                    context.ProblemDetails.Type = Slug(status);
                }

                context.ProblemDetails.Extensions["traceId"] = Activity.Current?.TraceId.ToString();
            }
        );
        services.AddExceptionHandler<UnavailableHandler>();
        // In Development a malformed body would be an exception, hence a 500; it is 400 everywhere.
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = false);
        services.Configure<ExceptionHandlerOptions>(options =>
            options.StatusCodeSelector = exception =>
                exception is BadHttpRequestException bad ? bad.StatusCode : StatusCodes.Status500InternalServerError
        );
    }

    /// <summary>Whether the cause lies in something this service needs (database, other service) and may pass.</summary>
    public static bool IsUnavailable(Exception exception) =>
        exception switch
        {
            DbException { IsTransient: true } => true,
            DbException { InnerException: SocketException or IOException or TimeoutException } => true,
            // Class 28, "invalid authorization specification": the role's password was changed under us, no caller's fault.
            DbException { SqlState: ['2', '8', ..] } => true,
            HttpRequestException or TimeoutException or SocketException => true,
            AggregateException aggregate => aggregate.InnerExceptions.All(IsUnavailable),
            _ => false,
        };

    /// <summary>
    /// SQLSTATE class 22, "data exception": the value that a caller sent is none to the database, now and ever.
    /// </summary>
    public static bool IsBadValue(Exception exception) =>
        exception is DbException { SqlState: { } state } && state.StartsWith("22", StringComparison.Ordinal);

    /// <summary>As the framework's own validation says it: <c>errors</c> names the field.</summary>
    public static ProblemHttpResult Invalid(string field, string why) =>
        TypedResults.Problem(
            new HttpValidationProblemDetails(new Dictionary<string, string[]> { [field] = [why] })
            {
                Status = 400,
                Type = "bad-request",
            }
        );

    private static string Slug(int status) =>
        status switch
        {
            400 => "bad-request",
            401 => "unauthenticated",
            403 => "forbidden",
            404 => "not-found",
            405 => "method-not-allowed",
            408 => "request-timeout",
            409 => "conflict",
            413 => "too-large",
            415 => "unsupported-media-type",
            421 => "misdirected",
            429 => "too-many-requests",
            501 => "not-implemented",
            503 => "unavailable",
            _ => "error",
        };

    private sealed partial class UnavailableHandler(
        IProblemDetailsService problems,
        IEnumerable<OnUnavailable> reactions,
        ILogger<UnavailableHandler> logger
    ) : IExceptionHandler
    {
        public async ValueTask<bool> TryHandleAsync(
            HttpContext context,
            Exception exception,
            CancellationToken cancellationToken
        )
        {
            if (exception is OperationCanceledException && context.RequestAborted.IsCancellationRequested)
            {
                context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
                return true;
            }

            if (IsBadValue(exception))
            {
                // What the database said of it; the statement's connection may be out of step after such an error.
                Log.BadValue(logger, ((DbException)exception).SqlState);
                React(exception);
                return await RefuseValueAsync(context);
            }

            if (!IsUnavailable(exception))
            {
                return false;
            }

            if (exception is DbException { SqlState: ['2', '8', ..] state })
            {
                Log.RefusedByDatabase(logger, state);
            }

            Log.Unavailable(logger, exception.GetType().Name);
            React(exception);
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers.RetryAfter = RetryAfterSeconds.ToString();
            return await problems.TryWriteAsync(
                new()
                {
                    HttpContext = context,
                    ProblemDetails =
                    {
                        Status = 503,
                        Title = "Something this service needs is unavailable; try again.",
                    },
                }
            );
        }

        private void React(Exception exception)
        {
            foreach (var reaction in reactions)
            {
                reaction.React(exception);
            }
        }

        private ValueTask<bool> RefuseValueAsync(HttpContext context)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return problems.TryWriteAsync(
                new()
                {
                    HttpContext = context,
                    ProblemDetails = { Status = 400, Title = "A value of this request cannot be stored." },
                }
            );
        }

        private static partial class Log
        {
            [LoggerMessage(LogLevel.Warning, "Answered 400: the database does not take a value ({SqlState})")]
            public static partial void BadValue(ILogger logger, string? sqlState);

            [LoggerMessage(
                LogLevel.Error,
                "The database does not accept this service's role or password ({SqlState}); has another set it anew?"
            )]
            public static partial void RefusedByDatabase(ILogger logger, string sqlState);

            [LoggerMessage(LogLevel.Warning, "Answered 503: {Exception}")]
            public static partial void Unavailable(ILogger logger, string exception);
        }
    }
}
