using System.Security.Cryptography;
using Microsoft.AspNetCore.Diagnostics;
using Partner.CredentialVault.Audit;

namespace Partner.CredentialVault.Keys;

/// <summary>A key version is retired, or not in this process's key ring.</summary>
/// <param name="name">The owner whose data key was asked for; null if none was.</param>
internal sealed class KeyUnavailableException(int version, bool retired, string? name = null)
    : Exception($"Key version {version} is {(retired ? "retired" : "not in the key ring")}.")
{
    public int Version { get; } = version;

    public bool IsRetired { get; } = retired;

    public string? Name { get; } = name;
}

/// <summary>
/// A key that may not be used is 503 (an operator can cure it), a ciphertext that does not open is 500: what is
/// stored is never handed out in another form (security 50).
/// </summary>
internal sealed partial class KeyProblems(
    IProblemDetailsService problems,
    VaultMetrics metrics,
    RefusedKeys refusals,
    ILogger<KeyProblems> logger
) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(
        HttpContext context,
        Exception exception,
        CancellationToken cancellationToken
    )
    {
        switch (exception)
        {
            case KeyUnavailableException refused:
                await refusals.RecordAsync(refused, context.Caller().Service, cancellationToken);
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                context.Response.Headers.RetryAfter = $"{Problems.RetryAfterSeconds}";
                return await WriteAsync(context, "key-unavailable", "The key of this secret cannot be used now.");
            case CryptographicException:
                metrics.Undecryptable();
                Log.DoesNotOpen(logger, (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText);
                context.Response.StatusCode = StatusCodes.Status500InternalServerError;
                return await WriteAsync(context, "undecryptable", "What is stored does not belong where it stands.");
            default:
                return false;
        }
    }

    private ValueTask<bool> WriteAsync(HttpContext context, string type, string title) =>
        problems.TryWriteAsync(
            new()
            {
                HttpContext = context,
                ProblemDetails =
                {
                    Status = context.Response.StatusCode,
                    Type = type,
                    Title = title,
                },
            }
        );

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "A stored ciphertext does not open ({Route}): it was changed or moved")]
        public static partial void DoesNotOpen(ILogger logger, string? route);
    }
}
