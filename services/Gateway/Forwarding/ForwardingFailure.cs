using System.Net.Sockets;
using Yarp.ReverseProxy.Forwarder;

namespace Partner.Gateway.Forwarding;

/// <summary>
/// The kind of a failed forwarding: the client's, the service's for now, or a fault that a repetition repeats.
/// </summary>
/// <param name="Alert">Not null: nothing of it mends itself; the word names it in logs and metrics.</param>
internal sealed record ForwardingFailure(HttpRejection Refusal, string? Alert = null)
{
    /// <summary>No answer came from the service.</summary>
    public static ForwardingFailure Of(ForwarderError error, Exception? exception)
    {
        if (error is ForwarderError.RequestBodyClient || Refused(exception) is not null)
        {
            return new(HttpRejection.Of(Refused(exception)));
        }

        return Cause(error, exception) is { } cause
            ? new(HttpRejection.Unavailable(cause))
            : new(HttpRejection.CannotForward, $"{error} {exception?.GetType().Name}");
    }

    /// <summary>
    /// An answer of the service that the client must not take for its own; null: it is told as it is. Our services say
    /// 502 and 504 of nothing but Datadog, and mark it; unmarked it is the word of a proxy between us and them.
    /// </summary>
    /// <param name="isIntake">The client is one of Datadog's intake.</param>
    public static ForwardingFailure? Of(int status, bool isIntake) =>
        (status, isIntake) switch
        {
            (StatusCodes.Status401Unauthorized, _) or (StatusCodes.Status403Forbidden, true) => new(
                HttpRejection.Unavailable(UnavailableCause.ServiceRefusesGateway)
            ),
            (StatusCodes.Status502BadGateway, true) => new(
                HttpRejection.Unavailable(UnavailableCause.ServiceUnreachable)
            ),
            (StatusCodes.Status504GatewayTimeout, true) => new(
                HttpRejection.Unavailable(UnavailableCause.ServiceTimedOut)
            ),
            (>= 500 and not StatusCodes.Status503ServiceUnavailable, true) => new(
                HttpRejection.Failed,
                status.ToString()
            ),
            _ => null,
        };

    // Null: no word of the network, so it is the request itself that could not be made or written.
    private static UnavailableCause? Cause(ForwarderError error, Exception? exception) =>
        error switch
        {
            ForwarderError.NoAvailableDestinations => UnavailableCause.ServiceUnreachable,
            ForwarderError.RequestTimedOut or ForwarderError.RequestCanceled or ForwarderError.RequestBodyCanceled =>
                UnavailableCause.ServiceTimedOut,
            ForwarderError.RequestCreation => null,
            ForwarderError.Request => CauseOf(exception),
            _ => UnavailableCause.ServiceBrokeOff,
        };

    private static UnavailableCause? CauseOf(Exception? exception) =>
        exception switch
        {
            HttpRequestException
            {
                HttpRequestError: HttpRequestError.ConnectionError
                    or HttpRequestError.NameResolutionError
                    or HttpRequestError.SecureConnectionError
                    or HttpRequestError.ProxyTunnelError,
            } => UnavailableCause.ServiceUnreachable,
            HttpRequestException
            {
                HttpRequestError: HttpRequestError.ResponseEnded or HttpRequestError.InvalidResponse
            } => UnavailableCause.ServiceBrokeOff,
            IOException or SocketException => UnavailableCause.ServiceBrokeOff,
            TimeoutException or OperationCanceledException => UnavailableCause.ServiceTimedOut,
            AggregateException many => many.InnerExceptions.Select(CauseOf).FirstOrDefault(cause => cause is not null),
            _ => exception?.InnerException is { } inner ? CauseOf(inner) : null,
        };

    // Kestrel's word on the client's body comes wrapped in what it did to the forwarding.
    private static BadHttpRequestException? Refused(Exception? exception) =>
        exception switch
        {
            BadHttpRequestException refused => refused,
            AggregateException many => many.InnerExceptions.Select(Refused).FirstOrDefault(e => e is not null),
            _ => exception?.InnerException is { } inner ? Refused(inner) : null,
        };
}
