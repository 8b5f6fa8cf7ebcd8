using System.Diagnostics;

namespace Partner.Gateway;

/// <summary>
/// A trace begins at this door. A stranger's <c>traceparent</c> would decide whether we record a request and join
/// unrelated ones into one trace, and his <c>tracestate</c> and <c>baggage</c> would travel on through the system
/// (https://www.w3.org/TR/trace-context/, "Security Considerations"). What goes out to services is as ever.
/// </summary>
internal sealed class OwnTraces(DistributedContextPropagator outward) : DistributedContextPropagator
{
    public override IReadOnlyCollection<string> Fields => outward.Fields;

    public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter) =>
        outward.Inject(activity, carrier, setter);

    public override void ExtractTraceIdAndState(
        object? carrier,
        PropagatorGetterCallback? getter,
        out string? traceId,
        out string? traceState
    ) => (traceId, traceState) = (null, null);

    public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(
        object? carrier,
        PropagatorGetterCallback? getter
    ) => null;
}
