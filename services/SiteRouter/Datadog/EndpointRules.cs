using Microsoft.Extensions.Options;

namespace Partner.SiteRouter.Datadog;

/// <summary>
/// The rows that the service refuses to start with: a row that says less than it has to would allow too much.
/// </summary>
internal sealed class EndpointRules : IValidateOptions<SiteRouterOptions>
{
    private static readonly string[] Methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];

    public ValidateOptionsResult Validate(string? name, SiteRouterOptions options)
    {
        string[] broken = [.. options.Endpoints.SelectMany(Broken)];
        return broken.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(broken);
    }

    internal static IEnumerable<string> Broken(EndpointRow row)
    {
        if (PathTemplate.Parse(row.Path) is null)
        {
            yield return $"SiteRouter:Endpoints: {row.Path} is no template such as /api/v1/monitor/{{id:number}}.";
        }

        if (row.Methods.Length == 0 || row.Methods.Except(Methods).Any())
        {
            yield return $"SiteRouter:Endpoints: {row.Path} needs Methods of {string.Join(", ", Methods)}.";
        }

        if (row.Scopes.Length == 0 || row.Scopes.Any(string.IsNullOrWhiteSpace))
        {
            yield return $"SiteRouter:Endpoints: {row.Path} needs Scopes.";
        }

        if (row.Paging is { } paging && !IsWhole(paging, row))
        {
            yield return $"SiteRouter:Endpoints: {row.Path} needs Paging for one reading method, with Parameter, "
                + "SizeParameter, Size, and Next where the style is Cursor or BodyCursor.";
        }
    }

    private static bool IsWhole(PagingRule paging, EndpointRow row)
    {
        var isCursor = paging.Style is PagingStyle.Cursor or PagingStyle.BodyCursor;
        return row.Methods.Length == 1
            && (row.Read || row.Methods[0] == HttpMethods.Get)
            && paging is { Parameter.Length: > 0, SizeParameter.Length: > 0, Size: > 0 }
            && paging.Next.Length > 0 == isCursor;
    }
}
