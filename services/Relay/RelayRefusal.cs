using System.Globalization;
using System.Text;
using Yarp.ReverseProxy.Forwarder;

namespace Partner.Relay;

/// <summary>What the relay itself answers, in the shape that Datadog's clients parse.</summary>
internal sealed record RelayRefusal(int Status, string Text, TimeSpan? RetryAfter = null)
{
    public static readonly RelayRefusal BadRequest = new(StatusCodes.Status400BadRequest, "Bad request");

    /// <summary>Nothing was kept here: who can send it again is the client.</summary>
    public static readonly RelayRefusal GatewayAway = new(
        StatusCodes.Status503ServiceUnavailable,
        "The gateway is away",
        TimeSpan.FromSeconds(5)
    );

    /// <returns>Null: the gateway's answer has been passed on.</returns>
    public static RelayRefusal? Of(ForwarderError error, Exception? exception) =>
        error switch
        {
            ForwarderError.None => null,
            // It cannot be written down as a request of ours, and cannot a second time.
            ForwarderError.RequestCreation => BadRequest,
            _ when BodyRefused(exception) is { } refused => new(refused.StatusCode, "Bad request"),
            _ => GatewayAway,
        };

    public Task WriteAsync(HttpContext context)
    {
        var response = context.Response;
        response.Clear();
        response.StatusCode = Status;
        if (RetryAfter is { } wait)
        {
            response.Headers.RetryAfter = wait.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        }

        response.ContentType = "application/json";
        var body = Encoding.UTF8.GetBytes($$"""{"errors":["{{Text}}"]}""");
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    // Kestrel's word on the client's body comes wrapped in what it did to the forwarding.
    private static BadHttpRequestException? BodyRefused(Exception? exception) =>
        exception switch
        {
            BadHttpRequestException refused => refused,
            AggregateException many => many.InnerExceptions.Select(BodyRefused).FirstOrDefault(e => e is not null),
            _ => exception?.InnerException is { } inner ? BodyRefused(inner) : null,
        };
}
