using System.Globalization;
using Partner.Sandbox.OAuth;
using Partner.Sandbox.Traffic;

namespace Partner.Sandbox.Admin;

/// <summary>What the buttons of the page do, with forms alone; each leads back to its part of the page.</summary>
internal static class PageActions
{
    public const string RevokeKey = "/actions/revoke-key";
    public const string RevokeGrant = "/actions/revoke-grant";
    public const string SetUser = "/actions/user";
    public const string AddFault = "/actions/add-fault";
    public const string ClearFaults = "/actions/clear-faults";
    public const string Hold = "/actions/hold";
    public const string Release = "/actions/release";

    public static RouteGroupBuilder MapPageActions(this RouteGroupBuilder routes)
    {
        var actions = routes.MapGroup("").AddEndpointFilter(OwnOrigin.RequireAsync);
        Map(
            RevokeKey,
            "orgs",
            (form, state) =>
                Do(
                    state.Orgs.Find(form["org"])?.Keys.FirstOrDefault(key => key.Id == form["key"]),
                    key => key.Live = false
                )
        );
        Map(RevokeGrant, "orgs", (form, state) => Do(Grant(form, state), grant => grant.Revoke()));
        Map(
            SetUser,
            "orgs",
            (form, state) => Do(state.Orgs.Find(form["org"]), org => org.UserDisabled = form["disabled"] == "true")
        );
        Map(AddFault, "faults", (form, state) => Do(Known(Fault(form), f => f.Filter, state), state.Faults.Add));
        Map(ClearFaults, "faults", (_, state) => Do(state.Faults, faults => faults.Clear()));
        Map(Hold, "faults", (form, state) => Do(Known(Filter(form), f => f, state), state.Holds.Hold));
        Map(Release, "faults", (_, state) => Do(state.Holds, holds => holds.Release()));
        return routes;

        void Map(string path, string part, Func<IFormCollection, SandboxState, bool> act) =>
            actions.MapPost(
                path,
                async (HttpContext context, SandboxState state) =>
                    context.Request.HasFormContentType
                    && act(await context.Request.ReadFormAsync(context.RequestAborted), state)
                        ? SeeOther.To($"/#{part}", [])
                        : (IResult)NotDone()
            );
    }

    private static bool Do<T>(T? target, Action<T> act)
        where T : class
    {
        if (target is not null)
        {
            act(target);
        }

        return target is not null;
    }

    private static Grant? Grant(IFormCollection form, SandboxState state) =>
        state.Orgs.Find(form["org"]) is { } org
            ? state.Grants.Of(org).FirstOrDefault(grant => grant.Id == form["grant"])
            : null;

    private static Fault? Fault(IFormCollection form)
    {
        var fault = new Fault { Filter = Filter(form), Contains = Given(form["contains"]) };
        return
            Enum.TryParse<FaultAction>(form["action"], out var action)
            && Enum.IsDefined(action)
            && Whole(form["status"], 200, 599, fault.Status) is { } status
            && Whole(form["delayMs"], 0, int.MaxValue, fault.DelayMs) is { } delay
            && Whole(form["count"], 1, int.MaxValue, int.MaxValue) is { } count
            && Share(form["probability"]) is { } probability
            ? fault with
            {
                Action = action,
                Status = status,
                DelayMs = delay,
                Count = count == int.MaxValue ? null : count,
                Probability = probability,
            }
            : null;
    }

    private static TrafficFilter Filter(IFormCollection form) =>
        new(Given(form["site"]), Given(form["org"]), Given(form["path"]));

    private static T? Known<T>(T? asked, Func<T, TrafficFilter> filter, SandboxState state)
        where T : class => asked is not null && filter(asked).ProblemIn(state) is null ? asked : null;

    private static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    private static int? Whole(string? text, int least, int most, int otherwise) =>
        Given(text) is not { } given ? otherwise
        : int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
        && value >= least
        && value <= most
            ? value
        : null;

    private static double? Share(string? text) =>
        Given(text) is not { } given ? 1
        : double.TryParse(given, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
        && value is >= 0 and <= 1
            ? value
        : null;

    private static Answer NotDone() =>
        Html.Page(
            "That could not be done",
            "<p>It is gone meanwhile, or a value was not a valid one. <a href=\"/\">Back to the sandbox</a>.</p>",
            400
        );
}
