using Partner.Egress;

namespace Partner.Auth.Connect;

/// <summary>What a callback asks for, once it is judged against the attempt that it answers.</summary>
internal abstract record CallbackVerdict
{
    /// <param name="Consumes">It is the answer to the attempt, and there will be no other.</param>
    public sealed record Refused(string Reason, bool Consumes) : CallbackVerdict;

    public sealed record Go(string Code, DatadogSite Site, string? OrgName) : CallbackVerdict;
}

/// <summary>Judges a callback without touching anything (security 3 to 6, 11, 22).</summary>
internal static class CallbackRequest
{
    private const int MaxCode = 2000;
    private const int MaxOrgName = 200;

    public static CallbackVerdict Judge(
        IQueryCollection query,
        ConnectAttempt? attempt,
        ClientProfile? client,
        SiteRegistry sites,
        DateTimeOffset now
    )
    {
        if (query.Any(parameter => parameter.Value.Count != 1))
        {
            return new CallbackVerdict.Refused(PageReasons.BadCallback, Consumes: false);
        }

        if (attempt is null || client is null)
        {
            return new CallbackVerdict.Refused(PageReasons.OtherBrowser, Consumes: false);
        }

        // A stranger's link must not use up an attempt: without its state nothing is consumed.
        if (!StateFits(query, attempt, client))
        {
            return new CallbackVerdict.Refused(PageReasons.BadCallback, Consumes: false);
        }

        if (attempt.ConsumedAt is not null)
        {
            return new CallbackVerdict.Refused(PageReasons.Used, Consumes: false);
        }

        return now - attempt.CreatedAt >= ConnectAttempt.Life
            ? new CallbackVerdict.Refused(PageReasons.Expired, Consumes: true)
            : JudgeAnswer(query, attempt, client, sites);
    }

    private static CallbackVerdict JudgeAnswer(
        IQueryCollection query,
        ConnectAttempt attempt,
        ClientProfile client,
        SiteRegistry sites
    )
    {
        if (query["error"] is [var error])
        {
            return new CallbackVerdict.Refused(PageReasons.OfError(error), Consumes: true);
        }

        if (
            query["code"] is not [{ Length: > 0 and <= MaxCode } code]
            || (query["client_id"] is [var id] && id != client.ClientId)
        )
        {
            return new CallbackVerdict.Refused(PageReasons.BadCallback, Consumes: true);
        }

        if (!sites.TryParseDomain(query["domain"], out var site))
        {
            return new CallbackVerdict.Refused(PageReasons.UnknownSite, Consumes: true);
        }

        if (attempt.ExpectedDomain is { } expected && expected != site.Parameter.Text)
        {
            return new CallbackVerdict.Refused(PageReasons.OtherSite, Consumes: true);
        }

        return new CallbackVerdict.Go(code, site, OrgName(query["dd_org_name"].ToString()));
    }

    // Never half a character, and no U+0000: Postgres takes neither.
    private static string? OrgName(string text)
    {
        var name = text.Replace('\0', '\uFFFD');
        if (name.Length <= MaxOrgName)
        {
            return name is "" ? null : name;
        }

        return name[..(char.IsHighSurrogate(name[MaxOrgName - 1]) ? MaxOrgName - 1 : MaxOrgName)];
    }

    private static bool StateFits(IQueryCollection query, ConnectAttempt attempt, ClientProfile client) =>
        query["state"] is [{ } state]
            ? OpaqueTokens.SameHash(OpaqueTokens.Hash(state), attempt.StateHash)
            : !client.EchoesState;
}
