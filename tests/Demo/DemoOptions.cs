using System.ComponentModel.DataAnnotations;

namespace Partner.Demo;

/// <summary>Where the demo partner finds the system under show, and the credential that it holds.</summary>
internal sealed class DemoOptions
{
    [Required]
    public Uri Gateway { get; init; } = null!;

    [Required]
    public Uri Sandbox { get; init; } = null!;

    [Required]
    public string PartnerToken { get; init; } = "";

    /// <summary>Shared with the system: what the sign-in page is told to return to is signed with it.</summary>
    [Required]
    public string ReturnToKey { get; init; } = "";
}
