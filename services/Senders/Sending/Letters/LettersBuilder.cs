using Microsoft.Extensions.DependencyInjection;

namespace Partner.Sending.Letters;

internal static class LettersBuilder
{
    /// <summary>After <see cref="SendingService"/>, so that it stops before it: what is replayed still goes out.</summary>
    public static void AddLetters(this IServiceCollection services)
    {
        services.AddOptions<LettersOptions>()
            .BindConfiguration(LettersOptions.SectionName)
            .ValidateDataAnnotations()
            .ValidateOnStart();
        services.AddSingleton<LetterStore>();
        services.AddSingleton<LettersMetrics>();
        services.AddSingleton<ReplayStore>();
        services.AddSingleton<ReplayMove>();
        services.AddSingleton<Replayer>();
        services.AddHostedService(provider => provider.GetRequiredService<Replayer>());
        services.AddSingleton<LettersKeeper>();
        services.AddHostedService(provider => provider.GetRequiredService<LettersKeeper>());
    }
}
