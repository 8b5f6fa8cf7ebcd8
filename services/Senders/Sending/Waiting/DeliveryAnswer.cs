namespace Partner.Sending.Waiting;

/// <summary>
/// The answer to a client that waited: <c>Delivery-Status: delivered</c>, <c>rejected</c>,
/// <c>partial; delivered=9; rejected=1</c> or <c>pending; delivered=0; rejected=0</c>. All delivered is the path's own
/// success. All rejected is Datadog's status and message. A request that is rejected in part is 207, a success, since
/// sending it again would double the rest. One that takes too long is 202: it is safe, and goes on.
/// </summary>
internal static class DeliveryAnswer
{
    private const string Header = "Delivery-Status";

    /// <returns>True: it is answered. False: the path's own success remains to be written.</returns>
    public static async Task<bool> WriteAsync(HttpContext context, DatadogErrorShape shape, DeliveryVerdict verdict)
    {
        if (verdict.Items == 0)
        {
            // Nothing was to be sent, or this is an answer of before: there is no delivery to tell of.
            return false;
        }

        var isPartial = verdict.Delivered > 0;
        context.Response.Headers[Header] = verdict switch
        {
            { IsPending: true } => $"pending; delivered={verdict.Delivered}; rejected={verdict.Rejected}",
            { Rejected: 0 } => "delivered",
            _ when isPartial => $"partial; delivered={verdict.Delivered}; rejected={verdict.Rejected}",
            _ => "rejected",
        };
        if (verdict.Rejected == 0 || verdict.IsPending)
        {
            return false;
        }

        var what = string.Join(" | ", verdict.Messages);
        await IntakeErrors.WriteAsync(
            context,
            shape,
            isPartial
                ? new BodyRejection(
                    StatusCodes.Status207MultiStatus,
                    $"{verdict.Rejected} of {verdict.Items} items are rejected: {what}"
                )
                : new BodyRejection(verdict.Status ?? StatusCodes.Status400BadRequest, what)
        );
        return true;
    }
}
