using Bus.Storage;
using Bus.Storage.DeadLetters;
using Microsoft.EntityFrameworkCore;

namespace Orders.Service.Storage;

/// <summary>The application's database. Names are unqualified: the connection's search_path is the installation's schema.</summary>
internal sealed class OrdersDbContext(DbContextOptions<OrdersDbContext> options) : DbContext(options)
{
    public DbSet<DeadLetter> DeadLetters => Set<DeadLetter>();

    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.AddBusStorage();
}
