using Partner.Egress;

namespace Partner.DatadogClient;

/// <summary>Calls to Datadog without an answer.</summary>
public static class FailedCalls
{
    /// <summary>False: it failed before anything was sent, at the guard, the name, the connection, TLS or the proxy.</summary>
    public static bool MayHaveArrived(this Exception exception) =>
        exception
            is not (
                EgressRefusedException
                or HttpRequestException
                {
                    HttpRequestError: HttpRequestError.ConnectionError
                        or HttpRequestError.NameResolutionError
                        or HttpRequestError.SecureConnectionError
                        or HttpRequestError.ProxyTunnelError
                }
            );
}
