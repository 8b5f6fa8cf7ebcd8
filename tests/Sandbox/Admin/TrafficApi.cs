using Partner.Sandbox.Traffic;

namespace Partner.Sandbox.Admin;

/// <summary>Holding requests back, and faults on demand.</summary>
internal static class TrafficApi
{
    public static RouteGroupBuilder MapTrafficApi(this RouteGroupBuilder admin)
    {
        admin.MapGet("/hold", (SandboxState state) => TypedResults.Ok(new Waiting(state.Holds.Waiting)));
        admin.MapPost("/hold", (SandboxState state, TrafficFilter? filter = null) =>
            state.Holds.Hold(filter ?? new TrafficFilter()));
        admin.MapPost("/release", (SandboxState state) => state.Holds.Release());
        admin.MapPost("/faults", (NewFault fault, SandboxState state) => state.Faults.Add(fault.ToFault()));
        admin.MapGet("/faults", (SandboxState state) =>
            TypedResults.Ok(state.Faults.All.Select(f => new FaultInForce(f.Fault, f.Met))));
        admin.MapDelete("/faults", (SandboxState state) => state.Faults.Clear());
        return admin;
    }

    internal sealed record Waiting(int Count);

    internal sealed record FaultInForce(Fault Fault, int Met);

    internal sealed record NewFault(
        FaultAction Action,
        string? Site = null,
        string? Org = null,
        string? Path = null,
        int Status = 500,
        string? Body = null,
        IReadOnlyDictionary<string, string>? Headers = null,
        int DelayMs = 0,
        int? Count = null,
        double Probability = 1)
    {
        public Fault ToFault()
        {
            var fault = new Fault
            {
                Filter = new TrafficFilter(Site, Org, Path),
                Action = Action,
                Status = Status,
                DelayMs = DelayMs,
                Count = Count,
                Probability = Probability,
            };
            return fault with { Body = Body ?? fault.Body, Headers = Headers ?? fault.Headers };
        }
    }
}
