namespace Orders.Tools.Running;

/// <summary>The root of the repository: where the hosts were built and the default directory of the system lies.</summary>
internal static class BusRoot
{
    public static string Find()
    {
        if (Environment.GetEnvironmentVariable("BUS_ROOT") is { Length: > 0 } given)
        {
            return Path.GetFullPath(given);
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "BusOrders.sln")))
            {
                return folder.FullName;
            }
        }

        throw BusException.Failed("BUS_ROOT is not set and no BusOrders.sln lies above this program. Call the script ./bus instead.");
    }
}
