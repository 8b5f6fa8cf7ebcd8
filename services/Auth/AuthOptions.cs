using System.ComponentModel.DataAnnotations;
using Partner.Auth.Connect;

namespace Partner.Auth;

internal sealed class AuthOptions : IValidatableObject
{
    private const int MinKey = 32;

    /// <summary>Where browsers reach this system; HTTPS, but for a local run. The redirect URI is made of it.</summary>
    [Required]
    public string PublicUrl { get; init; } = "";

    /// <summary>The partner's sign-in page, where a browser goes that came from the tile.</summary>
    [Required]
    public string PartnerSignInUrl { get; init; } = "";

    /// <summary>
    /// Shared with the sign-in page, newest first: the link back that it is given is signed with the first
    /// (security 14, 15).
    /// </summary>
    [MinLength(1)]
    public string[] ReturnToKeys { get; init; } = [];

    /// <summary>Where a session may send its browser in the end: paths of the partner's product, or whole URLs.</summary>
    public string[] ReturnTo { get; init; } = [];

    /// <summary>Profile of a session that names none; not needed where there is one, or one called "default".</summary>
    public string DefaultClient { get; init; } = "";

    /// <summary>Ask Datadog at the start whether it knows the clients.</summary>
    public bool CheckClients { get; init; } = true;

    /// <summary>Registered at Datadog and sent byte for byte (security 10).</summary>
    public string RedirectUri => UrlOf("/oauth/callback");

    public string ConnectUrl(string session) => UrlOf($"/connect?session={session}");

    public string UrlOf(string path) => PublicUrl.TrimEnd('/') + path;

    /// <summary>HTTPS, or HTTP on loopback, and nothing that says something else than it seems to.</summary>
    public static bool IsPublic(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri)
        && uri.UserInfo.Length == 0
        && uri.Fragment.Length == 0
        && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback));

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        (string, string)[] urls = [(nameof(PublicUrl), PublicUrl), (nameof(PartnerSignInUrl), PartnerSignInUrl)];
        foreach (var (name, url) in urls.Where(url => !IsPublic(url.Item2)))
        {
            yield return new ValidationResult($"{name} must be an https URL (http only on loopback).", [name]);
        }

        if (ReturnToKeys.Any(key => key.Length < MinKey))
        {
            yield return new ValidationResult(
                $"Each of ReturnToKeys needs {MinKey} characters.",
                [nameof(ReturnToKeys)]
            );
        }

        if (ReturnTo.Any(target => !ReturnTargets.IsSound(target)))
        {
            yield return new ValidationResult(
                "Each of ReturnTo is a path that begins with one slash, or an https URL.",
                [nameof(ReturnTo)]
            );
        }
    }
}
