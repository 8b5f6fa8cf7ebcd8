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
}
